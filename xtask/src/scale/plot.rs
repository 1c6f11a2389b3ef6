//! Plots the monthly bill and the used fractions of the quotas over the number of users, as SVG.

use super::estimate::Estimate;
use super::page::HEADER_START;
use super::table::grouped;
use super::traffic::approximately;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 380.0;
/// Position of each panel: left and top edge. `PANEL` is width and height.
const PANELS: [(f64, f64); 2] = [(96.0, 56.0), (540.0, 56.0)];
const PANEL: (f64, f64) = (310.0, 272.0);

/// A line of a panel.
struct Line {
    name: &'static str,
    colour: &'static str,
    dash: &'static str,
    points: Vec<(f64, f64)>,
}

/// The axes of a panel, both logarithmic: exponents of ten.
struct Axes {
    place: (f64, f64),
    x: (f64, f64),
    y: (f64, f64),
}

impl Axes {
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let share = |value: f64, (from, to): (f64, f64)| ((value.log10() - from) / (to - from)).clamp(0.0, 1.0);
        (self.place.0 + share(x, self.x) * PANEL.0, self.place.1 + (1.0 - share(y, self.y)) * PANEL.1)
    }
}

/// The plot as SVG.
#[must_use]
pub fn plot(estimates: &[Estimate]) -> String {
    let users = |of: &dyn Fn(&Estimate) -> f64| -> Vec<(f64, f64)> {
        estimates.iter().map(|estimate| (approximately(estimate.users), of(estimate))).collect()
    };
    let bills = [
        Line { name: "Secrets Manager", colour: "#b45309", dash: "", points: users(&|e| e.bill.total) },
        Line { name: "tokens in DynamoDB", colour: "#1d4ed8", dash: "6 3", points: users(&|e| e.bill.with_dynamodb) },
    ];
    let quotas = [
        Line { name: "PutSecretValue", colour: "#b45309", dash: "", points: users(&|e| e.shares()[1] * 100.0) },
        Line { name: "secrets", colour: "#047857", dash: "2 3", points: users(&|e| e.shares()[2] * 100.0) },
        Line { name: "GetSecretValue", colour: "#1d4ed8", dash: "6 3", points: users(&|e| e.shares()[0] * 100.0) },
    ];
    let x = range(users(&approximately_one).into_iter().map(|(users, _)| users));
    let y_of = |lines: &[Line]| range(lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)));
    let mut svg = format!(
        "{HEADER_START} from the client's own rules. Do not edit: run the command again. -->\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"The monthly bill and the use of the quotas over the number of users\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    svg += &panel("US dollars a month", &Axes { place: PANELS[0], x, y: y_of(&bills) }, &bills, "$", None);
    svg += &panel(
        "share of AWS's quotas (calls: in the busiest hour)",
        &Axes { place: PANELS[1], x, y: y_of(&quotas) },
        &quotas,
        "%",
        Some(100.0),
    );
    svg + "</svg>\n"
}

const fn approximately_one(_: &Estimate) -> f64 {
    1.0
}

/// The exponents of the powers of ten that enclose some values.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| *value > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if high <= 0.0 {
        return (0.0, 1.0);
    }
    let (low, high) = (low.log10().floor(), high.log10().ceil());
    (low, if high > low { high } else { low + 1.0 })
}

const GRID: &str = "stroke=\"#e5e7eb\"";
const LIMIT: &str = "stroke=\"#b91c1c\" stroke-width=\"1.5\"";

fn panel(title: &str, axes: &Axes, lines: &[Line], unit: &str, limit: Option<f64>) -> String {
    let (left, top) = axes.place;
    let (right, bottom) = (left + PANEL.0, top + PANEL.1);
    let mut parts =
        vec![format!("<text x=\"{left}\" y=\"{}\" font-weight=\"bold\" fill=\"#111827\">{title}</text>", top - 32.0)];
    for exponent in exponents(axes.y) {
        let y = axes.at((1.0, 10_f64.powi(exponent))).1;
        parts.push(stroke((left, y), (right, y), GRID));
        parts.push(label((left - 6.0, y + 4.0), "end", &tick(exponent, unit)));
    }
    for exponent in exponents(axes.x) {
        let x = axes.at((10_f64.powi(exponent), 1.0)).0;
        parts.push(stroke((x, top), (x, bottom), GRID));
        parts.push(label((x, bottom + 18.0), "middle", &tick(exponent, "")));
    }
    parts.push(label((left + PANEL.0 / 2.0, bottom + 38.0), "middle", "users"));
    if let Some(limit) = limit {
        let y = axes.at((1.0, limit)).1;
        parts.push(stroke((left, y), (right, y), LIMIT));
        parts.push(format!("<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#b91c1c\">quota</text>", left + 6.0, y - 5.0));
    }
    let mut legend_at = left;
    for line in lines {
        parts.push(curve(axes, line));
        parts.push(legend(legend_at, top - 14.0, line));
        legend_at += 34.0 + approximately(line.name.len() as u64) * 6.4;
    }
    parts.join("\n") + "\n"
}

fn stroke((x1, y1): (f64, f64), (x2, y2): (f64, f64), how: &str) -> String {
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {how}/>")
}

fn label((x, y): (f64, f64), anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#374151\">{text}</text>")
}

fn curve(axes: &Axes, line: &Line) -> String {
    let (colour, dash) = (line.colour, line.dash);
    let points: Vec<(f64, f64)> = line.points.iter().map(|point| axes.at(*point)).collect();
    let corners: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let curve = format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
        corners.join(" ")
    );
    let dots = points.iter().map(|(x, y)| format!("\n<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"));
    curve + &dots.collect::<String>()
}

fn legend(x: f64, y: f64, line: &Line) -> String {
    let (colour, dash, name) = (line.colour, line.dash, line.name);
    let how = format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"");
    let text =
        format!("<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"#111827\">{name}</text>", x + 20.0, y + 4.0);
    stroke((x, y), (x + 16.0, y), &how) + "\n" + &text
}

#[expect(clippy::cast_possible_truncation, reason = "a few powers of ten")]
fn exponents((from, to): (f64, f64)) -> std::ops::RangeInclusive<i32> {
    from as i32..=to as i32
}

fn tick(exponent: i32, unit: &str) -> String {
    let number = match u32::try_from(exponent) {
        Ok(exponent) => grouped(10_u64.saturating_pow(exponent)),
        Err(_) => format!("{}", 10_f64.powi(exponent)),
    };
    if unit == "%" { format!("{number}%") } else { format!("{unit}{number}") }
}
