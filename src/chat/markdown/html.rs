//! Renders one block of Markdown as HTML.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Tag};
use url::Url;

use super::passages::{Spot, passages};
use super::source::Source;
use super::split::{Block, Code};
use super::{gate, pages, sources, tidy};
use crate::grounding::{Note, Passage, Reader, Says};

/// Returns whether this is a noncharacter, which Unicode reserves for internal use. [`tidy`] and
/// [`escape`] remove them from replies, so all of them in the HTML are inserted by us.
pub(super) fn is_own(c: char) -> bool {
    ('\u{fdd0}'..='\u{fdef}').contains(&c)
}

/// Maximum nesting of elements. Deeper ones keep only their text.
const MAX_DEPTH: usize = 32;

/// Closes an element that is nested too deep. Separates its text from the next.
const LEFT_OUT: &str = " ";

/// Closes a link to a page of this site.
const PAGE_END: &str = "\u{fdd2}";

const CODE_END: &str = "</code></pre>";

/// Opening tags of a formula within a line, and of one on its own lines. Formulas run from left to
/// right in any script.
const FORMULA: [&str; 2] =
    [r#"<span class="formula" dir="ltr">"#, r#"<span class="formula formula-block" dir="ltr">"#];
const FORMULA_END: &str = "</span>";

/// The heading levels above the next heading, as a bit set.
///
/// The page uses the first and second level, so the headings of replies start with the third. No
/// level is skipped, however a reply numbers its headings, because screen readers need that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outline(u8);

impl Outline {
    /// Returns the level on the page, 3 to 6, for a reply's level, 1 to 6.
    fn enter(&mut self, level: HeadingLevel) -> u32 {
        let level = level as u8;
        let above = self.0 & ((1 << level) - 1);
        self.0 = above | (1 << level);
        (above.count_ones() + 3).min(6)
    }
}

/// State that blocks pass on to later ones.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub outline: Outline,
    pub reader: Reader,
}

/// The completeness of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// It may continue or was cut off, so its numbers cannot be checked.
    Begun,
}

/// Renders a block of `text` as sanitised HTML.
pub(super) fn block(text: &str, block: &Block, state: &mut State, extent: Extent) -> String {
    match &block.code {
        Some(fenced) => {
            state.reader.block(&[], "", 0);
            code(text, fenced)
        }
        None => prose(&text[block.range.clone()], state, extent, block.range.start),
    }
}

/// Updates the state with a block without rendering it.
pub(super) fn read(text: &str, block: &Block, state: &mut State, extent: Extent) {
    if block.code.is_some() {
        state.reader.block(&[], "", 0);
        return;
    }
    let markdown = &text[block.range.clone()];
    let source = Source::new(markdown);
    let events = source.events();
    let headings = events.iter().filter_map(|event| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(*level),
        _ => None,
    });
    for level in headings {
        state.outline.enter(level);
    }
    if !state.reader.is_idle() {
        notes(&passages(&events).0, state, extent, (markdown, block.range.start));
    }
}

/// Checks a block with this Markdown, which begins at a byte of the reply.
fn notes(
    passages: &[Passage],
    state: &mut State,
    extent: Extent,
    (markdown, from): (&str, usize),
) -> Vec<Vec<Note>> {
    match extent {
        Extent::Whole => state.reader.block(passages, markdown, from),
        Extent::Begun => state.reader.glance(passages),
    }
}

/// Renders an open block. Leaves the state unchanged.
pub(super) fn preview(source: &str, state: &mut State) -> String {
    let (outline, mark) = (state.outline, state.reader.mark());
    let html = prose(source, state, Extent::Begun, 0);
    state.outline = outline;
    state.reader.forget(mark);
    html
}

/// Renders any block except fenced code. It begins at byte `from` of the reply.
pub(super) fn prose(markdown: &str, state: &mut State, extent: Extent, from: usize) -> String {
    let (capacity, source) = (markdown.len() * 2, Source::new(markdown));
    let events = source.events();
    if state.reader.is_idle() {
        let mut writer = Writer::new(capacity, &mut state.outline);
        for event in events {
            writer.event(event);
        }
        return sources::set(gate::clean(&writer.html), &writer.inserts, &writer.marks);
    }
    let (passages, spots) = passages(&events);
    let notes = notes(&passages, state, extent, (markdown, from));
    let mut writer = Writer::new(capacity, &mut state.outline);
    for (event, spot) in events.into_iter().zip(spots) {
        writer.noted_event(event, spot, &notes, &state.reader);
    }
    sources::set(gate::clean(&writer.html), &writer.inserts, &writer.marks)
}

/// Renders fenced code.
pub(super) fn code(text: &str, code: &Code) -> String {
    let mut html = code_start(&text[code.info.clone()]);
    html.push_str(&code_lines(&text[code.body.clone()], code.indent));
    html.push_str(CODE_END);
    gate::clean(&html)
}

/// Renders whole lines of fenced code as escaped text, exactly like [`code`].
pub(super) fn code_lines(lines: &str, indent: usize) -> String {
    let mut html = String::with_capacity(lines.len() + lines.len() / 8);
    for line in lines.lines() {
        let spaces = line.bytes().take(indent).take_while(|&b| b == b' ').count();
        escape(&tidy(&line[spaces..]), &mut html);
        html.push('\n');
    }
    html
}

fn code_start(info: &str) -> String {
    // A group, not a region: regions with the same name on a page would be equal landmarks.
    let mut html =
        String::from(r#"<pre dir="ltr" tabindex="0" role="group" aria-label="Code"><code"#);
    let language = info.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    if gate::is_language(&language) {
        html.push_str(r#" class="language-"#);
        html.push_str(&language);
        html.push('"');
    }
    html.push('>');
    html
}

/// Escapes text like a browser's serialiser.
pub(super) fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            // As a character reference, it has passed `tidy`.
            c if is_own(c) => {}
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push('"'),
            '\u{a0}' => html.push_str("&nbsp;"),
            _ => html.push(c),
        }
    }
}

/// Converts parser events to HTML. Stores the closing tag of each open element.
struct Writer<'o> {
    html: String,
    outline: &'o mut Outline,
    closings: Vec<&'static str>,
    table: Table,
    /// The HTML that does not pass the sanitiser, by the numbers of its placeholders: citations, links to pages of this
    /// site.
    inserts: Vec<String>,
    /// The HTML around the block's marked numbers, likewise.
    marks: Vec<[String; 2]>,
}

#[derive(Default)]
struct Table {
    columns: Vec<Alignment>,
    in_head: bool,
    column: usize,
}

impl<'o> Writer<'o> {
    fn new(capacity: usize, outline: &'o mut Outline) -> Self {
        let html = String::with_capacity(capacity);
        let (closings, table) = (Vec::new(), Table::default());
        Self { html, outline, closings, table, inserts: Vec::new(), marks: Vec::new() }
    }

    /// Like [`Self::event`], with the `notes` on the block's passages.
    fn noted_event(&mut self, event: Event<'_>, spot: Spot, notes: &[Vec<Note>], reader: &Reader) {
        let Some((passage, at)) = spot else { return self.event(event) };
        let notes = notes.get(passage).map_or(&[][..], Vec::as_slice);
        match event {
            // Only a citation in code has a spot.
            Event::Text(text) | Event::Code(text) => self.noted_text(&text, at, notes, reader),
            Event::InlineMath(text) => {
                self.html.push_str(FORMULA[0]);
                self.noted_text(&text, at, notes, reader);
                self.html.push_str(FORMULA_END);
            }
            Event::DisplayMath(text) => {
                self.html.push_str(FORMULA[1]);
                self.noted_text(&text, at, notes, reader);
                self.html.push_str(FORMULA_END);
            }
            event => self.event(event),
        }
    }

    /// Renders a text that starts `from` bytes into its passage, with its notes.
    fn noted_text(&mut self, text: &str, from: usize, notes: &[Note], reader: &Reader) {
        let mut at = 0;
        for Note { range, says } in notes {
            let start = range.start.saturating_sub(from).max(at).min(text.len());
            let end = range.end.saturating_sub(from).max(start).min(text.len());
            if start == end {
                continue;
            }
            let plain = &text[at..start];
            match says {
                Says::Cites(numbers) => {
                    // The citation directly follows the word before it.
                    escape(plain.trim_end_matches([' ', '\u{a0}']), &mut self.html);
                    if range.start >= from {
                        self.cite(numbers, reader);
                    }
                }
                Says::Number(verdict) => {
                    escape(plain, &mut self.html);
                    // A number that emphasis divides is explained at its end.
                    let is_end = range.end <= from + text.len();
                    let in_link = self.closings.contains(&"</a>");
                    let mark = sources::mark(verdict, is_end, in_link, reader);
                    self.number(&text[start..end], mark);
                }
            }
            at = end;
        }
        escape(&text[at..], &mut self.html);
    }

    fn number(&mut self, text: &str, mark: Option<[String; 2]>) {
        let Some(mark) = mark else { return escape(text, &mut self.html) };
        let [before, inside, behind] = sources::MARK;
        self.html.push_str(&format!("{before}{}{inside}", self.marks.len()));
        escape(text, &mut self.html);
        self.html.push(behind);
        self.marks.push(mark);
    }

    fn cite(&mut self, numbers: &[Option<usize>], reader: &Reader) {
        let in_link = self.closings.iter().any(|closing| ["</a>", PAGE_END].contains(closing));
        self.insert(sources::citation(numbers, reader, in_link));
    }

    /// Inserts HTML that does not pass the sanitiser.
    fn insert(&mut self, html: String) {
        let [before, behind] = sources::INSERT;
        self.html.push_str(&format!("{before}{}{behind}", self.inserts.len()));
        self.inserts.push(html);
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                let closing = if self.leaves_out(&tag) { LEFT_OUT } else { self.start(tag) };
                self.closings.push(closing);
            }
            Event::End(_) => match self.closings.pop().unwrap_or_default() {
                PAGE_END => self.insert("</a>".to_owned()),
                closing => self.html.push_str(closing),
            },
            Event::Text(text) => escape(&text, &mut self.html),
            Event::Code(text) => {
                self.html.push_str("<code>");
                escape(&text, &mut self.html);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.html.push_str("<hr>"),
            // A character instead of a checkbox, which nobody could tick and which would need a
            // label.
            Event::TaskListMarker(done) => self.html.push_str(if done { "☑ " } else { "☐ " }),
            Event::InlineMath(text) => self.formula(FORMULA[0], &text),
            Event::DisplayMath(text) => self.formula(FORMULA[1], &text),
            // `Source::events` converts HTML to text, and footnotes are disabled.
            Event::Html(text) | Event::InlineHtml(text) | Event::FootnoteReference(text) => {
                escape(&text, &mut self.html);
            }
        }
    }

    fn formula(&mut self, start: &str, text: &str) {
        self.html.push_str(start);
        escape(text, &mut self.html);
        self.html.push_str(FORMULA_END);
    }

    fn leaves_out(&self, tag: &Tag<'_>) -> bool {
        match tag {
            Tag::Item | Tag::TableHead | Tag::TableRow | Tag::TableCell => {
                self.closings.last() == Some(&LEFT_OUT)
            }
            _ => self.closings.len() >= MAX_DEPTH,
        }
    }

    /// Opens an element and returns its closing tag.
    fn start(&mut self, tag: Tag<'_>) -> &'static str {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("<p", "</p>"),
            Tag::Heading { level, .. } => match self.outline.enter(level) {
                3 => self.open("<h3", "</h3>"),
                4 => self.open("<h4", "</h4>"),
                5 => self.open("<h5", "</h5>"),
                _ => self.open("<h6", "</h6>"),
            },
            Tag::BlockQuote(_) => self.open("<blockquote", "</blockquote>"),
            Tag::List(None) => self.open("<ul", "</ul>"),
            Tag::List(Some(1)) => self.open("<ol", "</ol>"),
            Tag::List(Some(first)) => self.open(&format!("<ol start=\"{first}\""), "</ol>"),
            Tag::Item => self.inline("<li>", "</li>"),
            Tag::CodeBlock(kind) => {
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => info.as_ref(),
                    CodeBlockKind::Indented => "",
                };
                self.inline(&code_start(info), CODE_END)
            }
            Tag::Table(columns) => {
                self.table.columns = columns;
                let scroller =
                    r#"<div class="table-scroll" tabindex="0" role="group" aria-label="Table""#;
                let closing = self.open(scroller, "</tbody></table></div>");
                self.inline("<table>", closing)
            }
            Tag::TableHead | Tag::TableRow => {
                self.table.in_head = matches!(tag, Tag::TableHead);
                self.table.column = 0;
                match self.table.in_head {
                    true => self.inline("<thead><tr>", "</tr></thead><tbody>"),
                    false => self.inline("<tr>", "</tr>"),
                }
            }
            Tag::TableCell => self.cell(),
            Tag::Emphasis => self.inline("<em>", "</em>"),
            Tag::Strong => self.inline("<strong>", "</strong>"),
            Tag::Strikethrough => self.inline("<del>", "</del>"),
            Tag::Link { link_type, dest_url, .. } => self.link(&dest_url, link_type),
            // Images are replaced by their description, so that nothing is fetched.
            _ => "",
        }
    }

    /// Opens a block element. At the top level, its text determines its direction.
    fn open(&mut self, start: &str, closing: &'static str) -> &'static str {
        let is_top = self.closings.is_empty();
        self.inline(start, closing);
        self.html.push_str(if is_top { " dir=\"auto\">" } else { ">" });
        closing
    }

    fn inline(&mut self, start: &str, closing: &'static str) -> &'static str {
        self.html.push_str(start);
        closing
    }

    fn cell(&mut self) -> &'static str {
        let (start, closing) = match self.table.in_head {
            true => ("<th scope=\"col\"", "</th>"),
            false => ("<td", "</td>"),
        };
        self.html.push_str(start);
        self.html.push_str(match self.table.columns.get(self.table.column) {
            Some(Alignment::Right) => " align=\"right\">",
            Some(Alignment::Center) => " align=\"center\">",
            _ => ">",
        });
        self.table.column += 1;
        closing
    }

    fn link(&mut self, destination: &str, kind: LinkType) -> &'static str {
        // Not a Markdown link, whose text the model chooses.
        if kind == LinkType::Autolink && pages::name(destination).is_some() {
            self.insert(format!("<a href=\"{destination}\">"));
            return PAGE_END;
        }
        let mut address = destination.to_owned();
        if kind == LinkType::Email {
            address.insert_str(0, "mailto:");
        }
        match Url::parse(&address) {
            Ok(url) if gate::SCHEMES.contains(&url.scheme()) => {
                self.html.push_str("<a href=\"");
                let mut escaped = String::new();
                escape(&address, &mut escaped);
                self.html.push_str(&escaped.replace('"', "&quot;"));
                self.inline("\">", "</a>")
            }
            _ => "",
        }
    }
}
