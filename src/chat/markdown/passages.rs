//! Splits a block into the passages that `grounding` reads: a paragraph, a list item, a
//! cell.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::grounding::{Kind, Passage, is_citation};

/// Replaces code, which is not prose.
const NO_PROSE: char = '\u{fffc}';

/// The position of a text: the index of its passage and the byte offset in it.
pub(super) type Spot = Option<(usize, usize)>;

/// Returns the passages of a block, and the position of each event's text.
pub(super) fn passages(events: &[Event<'_>]) -> (Vec<Passage>, Vec<Spot>) {
    let mut reading = Reading::default();
    let spots = events.iter().map(|event| reading.take(event)).collect();
    reading.close();
    (reading.done, spots)
}

#[derive(Default)]
struct Reading {
    done: Vec<Passage>,
    open: Passage,
    in_code: bool,
    table: Heads,
}

/// The column headers of a table, and the current position in it.
#[derive(Default)]
struct Heads {
    columns: Vec<String>,
    in_head: bool,
    column: usize,
    row: String,
    line: u32,
}

impl Reading {
    fn take(&mut self, event: &Event<'_>) -> Spot {
        match event {
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text)
                if !self.in_code =>
            {
                let spot = (self.done.len(), self.open.text.len());
                self.open.text.push_str(text);
                return Some(spot);
            }
            // Many write ids as code.
            Event::Code(text) if !self.in_code && is_citation(text) => {
                let spot = (self.done.len(), self.open.text.len());
                self.open.text.push_str(text);
                return Some(spot);
            }
            Event::Code(_) => self.open.text.push(NO_PROSE),
            Event::SoftBreak | Event::HardBreak => self.open.text.push('\n'),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag),
            _ => {}
        }
        None
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } => return,
            Tag::Image { .. } => return,
            _ => self.close(),
        }
        match tag {
            Tag::CodeBlock(_) => self.in_code = true,
            Tag::Heading { .. } => self.open.kind = Kind::Heading,
            Tag::Table(_) => self.table = Heads::default(),
            Tag::TableHead => self.table.in_head = true,
            Tag::TableRow => {
                let line = self.table.line + 1;
                let columns = std::mem::take(&mut self.table.columns);
                self.table = Heads { columns, line, ..Heads::default() };
            }
            Tag::TableCell => {
                let column = self.table.columns.get(self.table.column).cloned().unwrap_or_default();
                let (row, line) = (self.table.row.clone(), self.table.line);
                self.open.kind = Kind::Cell { column, row, line };
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => return,
            TagEnd::Link | TagEnd::Image => return,
            TagEnd::CodeBlock => self.in_code = false,
            TagEnd::TableCell => self.end_cell(),
            _ => {}
        }
        self.close();
    }

    fn end_cell(&mut self) {
        let Heads { columns, in_head, column, row, .. } = &mut self.table;
        if *in_head {
            columns.push(self.open.text.clone());
            // The bare numbers of a column header are not checked, like those of a heading.
            self.open.kind = Kind::Heading;
        } else if *column == 0 {
            row.clone_from(&self.open.text);
        }
        *column += 1;
    }

    fn close(&mut self) {
        let passage = std::mem::take(&mut self.open);
        if !passage.text.is_empty() {
            self.done.push(passage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;

    fn read(text: &str) -> Vec<Passage> {
        let source = Source::new(text);
        let events = source.events();
        let (passages, spots) = passages(&events);
        for (event, spot) in events.iter().zip(spots) {
            if let (Event::Text(text), Some((passage, at))) = (event, spot) {
                assert!(passages[passage].text[at..].starts_with(&**text), "{text}");
            }
        }
        passages
    }

    fn texts(text: &str) -> Vec<String> {
        read(text).into_iter().map(|passage| passage.text).collect()
    }

    #[test]
    fn a_passage_is_one_uninterrupted_text() {
        assert_eq!(texts("so **12** of\n[a](http://e.org) `b` c"), ["so 12 of\na \u{fffc} c"]);
        assert_eq!(texts("- a\n  - b\n- c\n\n  d"), ["a", "b", "c", "d"]);
        assert_eq!(texts("- a\n  ```\n  12\n  ```\n  b"), ["a", "b"]);
        assert_eq!(texts("> # a\n> b"), ["a", "b"]);
    }

    #[test]
    fn shown_text_is_the_text_that_is_checked() {
        assert_eq!(texts("$50*12*3 = $1,800"), ["$50*12*3 = $1,800"]);
        assert_eq!(texts(r"so \(50 \times 12\), x"), ["so 50 × 12, x"]);
        assert_eq!(texts("<p>12 <b>EUR</b></p>"), ["<p>12 <b>EUR</b></p>"]);
        assert_eq!(texts("12<br>13 <i>x</i>"), ["12\n13 <i>x</i>"]);
        assert_eq!(texts("see https://e.org/12, 13"), ["see https://e.org/12, 13"]);
    }

    #[test]
    fn a_cell_knows_its_headers() {
        let cells = read("| What | % |\n|---|---|\n| Churn | 3 |\n");
        assert_eq!(cells[0].kind, Kind::Heading);
        let heads = |column: &str, row: &str| Kind::Cell {
            column: column.into(),
            row: row.into(),
            line: 1,
        };
        assert_eq!(cells[2].kind, heads("What", ""));
        assert_eq!((cells[3].text.as_str(), &cells[3].kind), ("3", &heads("%", "Churn")));
    }
}
