//! The figures as a table, as JSON and as CSV.

use serde::Serialize;

use super::bill::{QUOTAS, Quotas};
use super::estimate::Estimate;
use super::traffic::Assumptions;

const HEAD: [&str; 8] =
    ["users", "$ a month", "$ with DynamoDB", "Get/s", "of 10,000", "Put/s", "of 50", "secrets of 500,000"];

/// A table for the terminal.
#[must_use]
pub fn table(estimates: &[Estimate]) -> String {
    lines(estimates, "  ", "", false)
}

/// The table as Markdown.
pub fn markdown(estimates: &[Estimate]) -> String {
    lines(estimates, " | ", "| ", true)
}

fn lines(estimates: &[Estimate], between: &str, edge: &str, is_markdown: bool) -> String {
    let rows: Vec<[String; 8]> = estimates.iter().map(cells).collect();
    let mut widths = HEAD.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        format!("{edge}{}{}\n", cells.join(between), edge.chars().rev().collect::<String>())
    };
    let mut text = line(&HEAD.map(str::to_owned));
    if is_markdown {
        let rule: Vec<String> = widths.iter().map(|width| format!("{}:", "-".repeat(width + 1))).collect();
        text += "|";
        text += &rule.join("|");
        text += "|\n";
    }
    text.extend(rows.iter().map(|row| line(row)));
    text
}

fn cells(estimate: &Estimate) -> [String; 8] {
    let [gets, puts, secrets] = estimate.shares();
    [
        grouped(estimate.users),
        figure(estimate.bill.total),
        figure(estimate.bill.with_dynamodb),
        figure(estimate.peak_gets_a_second),
        percent(gets),
        figure(estimate.peak_puts_a_second),
        percent(puts),
        percent(secrets),
    ]
}

/// Formats a number with separators: `1,000,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rounds to three significant digits, which is the accuracy of the estimate.
pub fn rounded(number: f64) -> f64 {
    let mut unit = 1.0;
    while number / unit >= 1_000.0 {
        unit *= 10.0;
    }
    if unit > 1.0 {
        return (number / unit).round() * unit;
    }
    let parts = 10_f64.powi(i32::try_from(decimals(number)).unwrap_or(0));
    (number * parts).round() / parts
}

/// Number of decimals that show three significant digits of a number below 1,000.
const fn decimals(number: f64) -> usize {
    match number {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    }
}

/// Formats a number with three significant digits.
pub fn figure(number: f64) -> String {
    let number = rounded(number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and not below zero")]
    let whole = number as u64;
    match decimals(number) {
        0 => grouped(whole),
        decimals => format!("{number:.decimals$}"),
    }
}

pub fn percent(share: f64) -> String {
    format!("{}%", figure(share * 100.0))
}

#[derive(Serialize)]
struct Report<'a> {
    assumed: &'a Assumptions,
    quotas: Quotas,
    seed: u64,
    estimates: &'a [Estimate],
}

/// One JSON document: the assumptions, and all figures.
#[must_use]
pub fn json(assumed: &Assumptions, seed: u64, estimates: &[Estimate]) -> String {
    let report = Report { assumed, quotas: QUOTAS, seed, estimates };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// One line per number of users.
#[must_use]
pub fn csv(estimates: &[Estimate]) -> String {
    let mut text = "users,secrets,instances,gets_a_month,puts_a_month,peak_gets_a_second,peak_puts_a_second,\
        deploy_gets_a_second,dollars_a_month,dollars_with_dynamodb\n"
        .to_owned();
    for estimate in estimates {
        let figures = [
            estimate.gets_a_month,
            estimate.puts_a_month,
            estimate.peak_gets_a_second,
            estimate.peak_puts_a_second,
            estimate.deploy_gets_a_second,
            estimate.bill.total,
            estimate.bill.with_dynamodb,
        ];
        let figures: Vec<String> = figures.iter().map(|figure| rounded(*figure).to_string()).collect();
        let whole = [estimate.users, estimate.secrets, estimate.instances].map(|number| number.to_string());
        text += &[&whole[..], &figures].concat().join(",");
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{figure, grouped, percent, rounded};

    #[test]
    fn figures_are_shown_with_what_is_known_of_them() {
        assert_eq!([grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        let rounded = [0.0, 1234.6, 0.012_345, 99.96].map(|number| rounded(number).to_string());
        assert_eq!(rounded, ["0", "1230", "0.012", "100"]);
        let shown = [0.0, 0.1234, 9.5, 12.34, 380.12, 999.6, 3_801_234.0].map(figure);
        assert_eq!(shown, ["0.000", "0.123", "9.50", "12.3", "380", "1,000", "3,800,000"]);
        assert_eq!([percent(0.5), percent(19.0), percent(0.000_123)], ["50.0%", "1,900%", "0.012%"]);
    }
}
