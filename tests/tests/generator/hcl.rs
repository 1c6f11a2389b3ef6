//! Reads rendered HCL and holds it to the AWS provider's argument schema: the facts in `data/aws-provider-schema.json`,
//! not anything that the generator believes.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, ForExpr, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::visit::{Visit, visit_attr, visit_body, visit_for_expr, visit_traversal};
use serde_json::{Map, Value};

/// Every fault of some Terraform files, taken together as one module.
pub fn faults(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut module = Module { schema: schema(), ..Module::default() };
    let mut bodies = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".tf")) {
        match hcl_edit::parser::parse_body(text) {
            Ok(body) => bodies.push(body),
            Err(error) => module.faults.push(format!("{name}: {error}")),
        }
    }
    for block in bodies.iter().flat_map(Body::blocks) {
        module.declare(block);
    }
    for body in &bodies {
        visit_body(&mut module, body);
    }
    module.faults
}

fn schema() -> Value {
    let text = include_str!("../../data/aws-provider-schema.json");
    serde_json::from_str(text).expect("the provider's schema is JSON")
}

#[derive(Default)]
struct Module {
    schema: Value,
    /// `var.x`, `local.x`, `aws_x.y`, `data.aws_x.y`, with the attributes that may be asked for.
    declared: BTreeMap<String, Option<Map<String, Value>>>,
    /// What the `for` expressions around are bound to.
    bound: Vec<String>,
    faults: Vec<String>,
}

impl Module {
    fn declare(&mut self, block: &Block) {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            ("resource", [kind, label]) => self.declare_typed("resources", kind, &format!("{kind}.{label}"), block),
            ("data", [kind, label]) => self.declare_typed("data_sources", kind, &format!("data.{kind}.{label}"), block),
            ("ephemeral", [kind, label]) => {
                self.declare_typed("ephemeral_resources", kind, &format!("ephemeral.{kind}.{label}"), block);
            }
            ("variable", [name]) => self.add(&format!("var.{name}"), None),
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    self.add(&format!("local.{}", attribute.key.as_str()), None);
                }
            }
            ("check" | "output" | "provider", [_]) | ("terraform" | "import" | "moved" | "removed", []) => {}
            (kind, labels) => self.faults.push(format!("unknown block {kind} {labels:?}")),
        }
    }

    fn declare_typed(&mut self, group: &str, kind: &str, address: &str, block: &Block) {
        let Some(schema) = self.schema[group][kind].as_object().cloned() else {
            self.faults.push(format!("{address}: the provider has no {kind}"));
            return;
        };
        let attributes = schema["attributes"].as_object().cloned().unwrap_or_default();
        self.hold_to_schema(address, &attributes, block);
        // What Terraform itself takes in every resource.
        for nested in block.body.blocks().filter(|nested| nested.ident.as_str() != "lifecycle") {
            let address = format!("{address}.{}", nested.ident.as_str());
            match schema["blocks"][nested.ident.as_str()]["attributes"].as_object() {
                Some(attributes) => self.hold_to_schema(&address, attributes, nested),
                None => self.faults.push(format!("{address}: the provider has no such block")),
            }
        }
        self.add(address, Some(attributes));
    }

    fn add(&mut self, address: &str, attributes: Option<Map<String, Value>>) {
        if self.declared.insert(address.to_owned(), attributes).is_some() {
            self.faults.push(format!("{address} is declared twice"));
        }
    }

    fn hold_to_schema(&mut self, address: &str, attributes: &Map<String, Value>, block: &Block) {
        let set: BTreeSet<&str> = block.body.attributes().map(|attribute| attribute.key.as_str()).collect();
        // These two are Terraform's own, and every resource takes them.
        for name in set.iter().filter(|name| !["count", "depends_on"].contains(name)) {
            match attributes.get(*name) {
                None => self.faults.push(format!("{address}: unknown argument {name}")),
                Some(facts) if facts["optional"] == false && facts["required"] == false => {
                    self.faults.push(format!("{address}: {name} can only be read"));
                }
                Some(facts) => {
                    for other in facts["conflicts_with"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                        if set.contains(other) {
                            self.faults.push(format!("{address}: {name} conflicts with {other}"));
                        }
                    }
                }
            }
        }
        for (name, facts) in attributes {
            if facts["required"] == true && !set.contains(name.as_str()) {
                self.faults.push(format!("{address}: {name} is missing"));
            }
            let text = block.body.get_attribute(name).and_then(|attribute| attribute.value.as_str());
            let longest = facts["max_length"].as_u64().and_then(|most| usize::try_from(most).ok());
            if let (Some(text), Some(longest)) = (text, longest)
                && text.chars().count() > longest
            {
                self.faults.push(format!("{address}: {name} is longer than {longest}"));
            }
        }
    }
}

impl Visit for Module {
    /// What something depends on is named as a whole.
    fn visit_attr(&mut self, node: &Attribute) {
        let Expression::Array(all) = &node.value else { return visit_attr(self, node) };
        if node.key.as_str() != "depends_on" {
            return visit_attr(self, node);
        }
        for address in all.iter().map(|it| it.to_string().trim().to_owned()) {
            if !self.declared.contains_key(&address) {
                self.faults.push(format!("{address} is not declared"));
            }
        }
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        let before = self.bound.len();
        let names = node.intro.key_var.iter().chain([&node.intro.value_var]).map(|name| name.as_str().to_owned());
        self.bound.extend(names);
        visit_for_expr(self, node);
        self.bound.truncate(before);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        let mut words: Vec<&str> = match &node.expr {
            Expression::Variable(root) => vec![root.as_str()],
            _ => Vec::new(),
        };
        words.extend(node.operators.iter().map_while(|operator| match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str()),
            _ => None,
        }));
        let depth = match words.first() {
            Some(&("var" | "local")) => 2,
            Some(&("data" | "ephemeral")) => 3,
            Some(word) if word.starts_with("aws_") => 2,
            Some(word) if self.bound.iter().any(|bound| bound == word) => {
                visit_traversal(self, node);
                return;
            }
            // An element of what a function returns.
            None => return visit_traversal(self, node),
            _ => {
                self.faults.push(format!("unknown reference {}", words.join(".")));
                return;
            }
        };
        let address = words[..depth.min(words.len())].join(".");
        match (self.declared.get(&address), words.get(depth)) {
            (None, _) => self.faults.push(format!("{address} is not declared")),
            (Some(Some(attributes)), Some(attribute)) if !attributes.contains_key(*attribute) => {
                self.faults.push(format!("{address} has no attribute {attribute}"));
            }
            (Some(Some(_)), None) => self.faults.push(format!("{address} is used as a whole")),
            _ => {}
        }
        visit_traversal(self, node);
    }
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let files = [("a.tf".to_owned(), text.to_owned())].into();
        assert_eq!(faults(&files), expected, "{text}");
    }

    #[test]
    fn the_check_itself_finds_each_kind_of_fault() {
        check("resource \"aws_iam_role_policy\" \"a\" {\n  role = \"r\"\n  policy = \"{}\"\n}\n", &[]);
        check(
            "resource \"aws_iam_role_policy\" \"a\" {\n  role = \"r\"\n}\n",
            &["aws_iam_role_policy.a: policy is missing"],
        );
        check(
            "resource \"aws_secretsmanager_secret\" \"a\" {\n  names = \"x\"\n}\n",
            &["aws_secretsmanager_secret.a: unknown argument names"],
        );
        check(
            "resource \"aws_secretsmanager_secret\" \"a\" {\n  arn = \"x\"\n}\n",
            &["aws_secretsmanager_secret.a: arn can only be read"],
        );
        check(
            "resource \"aws_secretsmanager_secret\" \"a\" {\n  name = \"x\"\n  name_prefix = \"y\"\n}\n",
            &[
                "aws_secretsmanager_secret.a: name conflicts with name_prefix",
                "aws_secretsmanager_secret.a: name_prefix conflicts with name",
            ],
        );
        check("resource \"aws_secret\" \"a\" {\n}\n", &["aws_secret.a: the provider has no aws_secret"]);
        check(
            "output \"a\" {\n  value = \"x-${data.aws_region.current.region}\"\n}\n",
            &["data.aws_region.current is not declared"],
        );
        check(
            "data \"aws_region\" \"a\" {}\noutput \"a\" {\n  value = data.aws_region.a.zone\n}\n",
            &["data.aws_region.a has no attribute zone"],
        );
        check(
            "locals {\n  a = 1\n}\ncheck \"a\" {\n  assert {\n    condition = local.b\n  }\n}\n",
            &["local.b is not declared"],
        );
        check(
            "resource \"aws_iam_role_policy\" \"a\" {\n  role = \"r\"\n  policy = \"{}\"\n  count = 1\n  \
             depends_on = [aws_iam_role_policy.a, aws_iam_role_policy.b]\n}\n",
            &["aws_iam_role_policy.b is not declared"],
        );
        check("locals {\n  a = 1\n  b = local.c\n}\n", &["local.c is not declared"]);
        check("locals {\n  a = [for x in [1] : x.y]\n}\n", &[]);
        check("locals {\n  a = [for x in [1] : z.y]\n}\n", &["unknown reference z.y"]);
        check(
            "ephemeral \"aws_secretsmanager_random_password\" \"a\" {\n  length = 8\n}\n",
            &["ephemeral.aws_secretsmanager_random_password.a: unknown argument length"],
        );
        check("variable \"a\" {}\nvariable \"a\" {}\n", &["var.a is declared twice"]);
    }

    #[test]
    fn text_that_is_not_hcl_is_a_fault() {
        let files = [("a.tf".to_owned(), "resource {".to_owned())].into();
        assert_eq!(faults(&files).len(), 1);
    }
}
