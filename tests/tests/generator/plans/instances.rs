//! Inputs of a module with several instances, which depend on the key of the instance.

use serde_json::{Value, json};
use xtask::Exit;

use super::{check_text_of, fixture, text};
use crate::run::Run;

/// The module called with `count`, whose role is an element of a variable.
fn counted(roles: &Value, input: &Value) -> Run {
    let text = text("modules/each.json").replace("module.secrets[\\\"app\\\"]", "module.secrets[0]");
    let mut plan: Value = serde_json::from_str(&text).expect("it is JSON");
    let call = &mut plan["configuration"]["root_module"]["module_calls"]["secrets"];
    call["expressions"]["fetch_role"] = input.clone();
    call["count_expression"] = json!({ "constant_value": 1 });
    plan["variables"] = json!({ "roles": { "value": roles } });
    check_text_of(&plan.to_string(), Some(&fixture("modules/spec.json")), &["--module", "module.secrets[0]"])
}

#[test]
fn the_index_of_an_instance_selects_an_element() {
    let element = json!({ "references": ["var.roles", "count.index"] });
    for (roles, input, exit) in [
        (json!(["app", "other"]), &element, Exit::Done),
        (json!(["other", "app"]), &element, Exit::Stale),
        (json!([]), &element, Exit::Stale),
        (json!("app"), &element, Exit::Stale),
        (json!({ "0": "app" }), &element, Exit::Done),
        // The index itself is no role's name.
        (json!(["app"]), &json!({ "references": ["count.index"] }), Exit::Stale),
        // Two keys, or an element of an element.
        (json!(["app"]), &json!({ "references": ["var.roles", "count.index", "each.key"] }), Exit::Stale),
        (json!(["app"]), &json!({ "references": ["var.roles", "var.other", "count.index"] }), Exit::Stale),
    ] {
        let run = counted(&roles, input);
        assert_eq!(run.exit, exit, "{roles} {input}: {run}");
        let is_said = run.out.contains("undecided: `module.secrets[0].var.fetch_role`: it is \"app\"");
        assert_eq!(is_said, exit == Exit::Stale, "{roles} {input}: {run}");
    }
}

/// `for_each` can have secret values, which nothing prints.
#[test]
fn no_value_of_a_map_of_instances_is_printed() {
    for value in [json!({ "app": "hush" }), json!({ "app": { "role": "hush" } }), json!("hush"), json!(["hush"])] {
        for reference in ["each.value", "each.value.role", "each.value[0]", "each.value.role.more"] {
            let mut plan: Value = serde_json::from_str(&text("modules/each.json")).expect("it is JSON");
            let call = &mut plan["configuration"]["root_module"]["module_calls"]["secrets"];
            call["expressions"]["fetch_role"] = json!({ "references": [reference] });
            call["for_each_expression"] = json!({ "constant_value": value });
            let arguments = ["--module", "module.secrets[\"app\"]"];
            let run = check_text_of(&plan.to_string(), Some(&fixture("modules/spec.json")), &arguments);
            assert_eq!(run.exit, Exit::Stale, "{value} {reference}: {run}");
            assert!(!run.to_string().contains("hush"), "{value} {reference}: {run}");
        }
    }
}
