//! Names and texts that would end what they stand in.

use paypulse_tests::hostile::{TEXTS, spec};

use super::{parsed, shown};

#[test]
fn the_data_of_the_page_ends_where_it_should() {
    let page = shown(&spec(), &["--format", "html"]);
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("it has data");
    let (data, _) = data.split_once("</script>").expect("the data ends");
    assert!(!data.contains('<'), "{data}");
    assert_eq!(parsed(data), parsed(&shown(&spec(), &["--format", "json"])));
    for (number, text) in TEXTS.iter().enumerate() {
        assert_eq!(parsed(data)["secrets"][number]["description"], *text);
    }
    // The data, and one script.
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches("alert(1)").count(), 2, "they stand in the data alone");
}

#[test]
fn a_cell_is_no_formula() {
    let csv = shown(&spec(), &["--format", "csv"]);
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[1], "'-h");
        assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{line}");
        assert!(cells[3].starts_with('\''), "{line}");
    }
}

#[test]
fn the_first_line_of_the_markdown_is_one_comment() {
    let page = xtask::picture::access_page(&spec());
    let first = page.lines().next().expect("it has lines");
    assert_eq!(first.matches("-->").count(), 1, "{first}");
    assert!(first.ends_with("-->") && first.starts_with(xtask::picture::HEADER_START), "{first}");
}

#[test]
fn the_pictures_have_no_element_of_a_name() {
    for format in ["svg", "mermaid", "markdown"] {
        let shown = shown(&spec(), &["--format", format]);
        assert!(!shown.contains("<script") && !shown.contains("alert"), "{shown}");
        assert!(shown.contains("name/7"));
    }
}
