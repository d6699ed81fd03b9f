//! Prepares a block's source for the Markdown parser, and reverts the changes in the parser's
//! events.
//!
//! The parser applies CommonMark's rules for emphasis, links and escapes, which do not consider
//! arithmetic, formulas and scripts without spaces. Therefore marks that should stay text are
//! replaced by noncharacters ([`html::is_own`](super::html::is_own); [`tidy`] has removed these
//! from the reply), formulas and URLs are replaced by numbered placeholders, and a [`GUARD`] beside
//! a mark lets it open or close. [`events`] restores what was replaced. Within code, it restores
//! the original source.
//!
//! One pass from left to right, linear in the block's length.

use std::cell::Cell;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::delimiters::Delimiters;
use super::{address, formula, html, lines, pages, tidy};

/// Inserted between `]` and `:`, so that no line is a link reference definition. Such a line would
/// disappear and would change blocks that were already sent. Also inserted beside marks, see
/// [`Delimiters`].
pub(super) const GUARD: char = '\u{fdd0}';
/// Marks that are text, and the characters that replace them.
pub(super) const LITERALS: [(char, char); 3] =
    [('*', '\u{fdd5}'), ('~', '\u{fdd6}'), ('_', '\u{fdd7}')];
/// Delimit the number of a placeholder.
const PART: [char; 2] = ['\u{fdd8}', '\u{fdd9}'];

/// The prepared source of a block.
#[derive(Debug, Default)]
pub(super) struct Source {
    text: String,
    parts: Vec<Part>,
}

/// A part that is hidden from the parser.
#[derive(Debug)]
struct Part {
    source: String,
    kind: Kind,
    /// Each part is shown once, because a character reference can forge a placeholder.
    is_used: Cell<bool>,
}

#[derive(Debug)]
enum Kind {
    Formula { text: String, is_block: bool },
    Address { destination: String },
}

impl Source {
    pub fn new(block: &str) -> Self {
        let block = tidy(block);
        let mut scan = Scan { block: &block, line: 0, is_head: true, done: Self::default() };
        scan.run();
        let Self { text, parts } = scan.done;
        Self { text: text.replace("]:", &format!("]{GUARD}:")), parts }
    }

    /// Parses the block and returns the events of what is shown. HTML is converted to text.
    pub fn events(&self) -> Vec<Event<'_>> {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let mut back = Back { source: self, in_code: false, links: 0, events: Vec::new() };
        for event in TextMergeStream::new(Parser::new_ext(&self.text, options)) {
            back.event(event);
        }
        back.events
    }

    fn set_aside(&mut self, source: &str, kind: Kind) {
        let number = self.parts.len();
        self.text.push_str(&format!("{}{number}{}", PART[0], PART[1]));
        self.parts.push(Part { source: source.to_owned(), kind, is_used: Cell::new(false) });
    }

    /// Splits a text of the parser into plain text and parts, in order.
    fn split(&self, text: &str) -> Vec<Result<String, &Part>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(PART[0]) {
            pieces.push(Ok(plain(before)));
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            let (number, closed) = behind.split_at(digits);
            rest = closed.strip_prefix(PART[1]).unwrap_or(behind);
            let part = number.parse::<usize>().ok().and_then(|number| self.parts.get(number));
            pieces.extend(part.filter(|part| !part.is_used.replace(true)).map(Err));
        }
        pieces.push(Ok(plain(rest)));
        pieces
    }

    /// Returns a text of the parser as it was written.
    fn restored<'e>(&self, text: CowStr<'e>) -> CowStr<'e> {
        if !text.contains(html::is_own) {
            return text;
        }
        let piece = |piece: Result<String, &Part>| piece.unwrap_or_else(|part| part.source.clone());
        self.split(&text).into_iter().map(piece).collect::<String>().into()
    }
}

/// Restores marks and removes all other noncharacters.
fn plain(text: &str) -> String {
    let original = |c: char| match LITERALS.iter().find(|(_, own)| *own == c) {
        Some((mark, _)) => Some(*mark),
        None => Some(c).filter(|c| !html::is_own(*c)),
    };
    text.chars().filter_map(original).collect()
}

/// Reverts the preparation in the parser's events.
struct Back<'s> {
    source: &'s Source,
    in_code: bool,
    /// Number of open links and images.
    links: usize,
    events: Vec<Event<'s>>,
}

impl<'s> Back<'s> {
    fn event(&mut self, event: Event<'s>) {
        let event = match event {
            Event::Text(text) if self.in_code => Event::Text(self.source.restored(text)),
            Event::Text(text) => return self.text(text),
            Event::Code(text) => {
                let text = self.source.restored(text);
                match pages::name(&text) {
                    Some(name) if self.links == 0 => return self.link(name.into(), text),
                    _ => Event::Code(text),
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => self.html(html),
            Event::Start(tag) => Event::Start(self.start(tag)),
            Event::End(tag) => {
                match tag {
                    TagEnd::CodeBlock => self.in_code = false,
                    TagEnd::Link | TagEnd::Image => self.links = self.links.saturating_sub(1),
                    _ => {}
                }
                Event::End(tag)
            }
            event => event,
        };
        self.events.push(event);
    }

    fn text(&mut self, text: CowStr<'s>) {
        if !text.contains(html::is_own) {
            return self.events.push(Event::Text(text));
        }
        let source: &'s Source = self.source;
        for piece in source.split(&text) {
            match piece {
                Ok(text) if text.is_empty() => {}
                Ok(text) => self.events.push(Event::Text(text.into())),
                Err(Part { kind: Kind::Formula { text, is_block }, .. }) => {
                    let text = CowStr::from(text.as_str());
                    self.events.push(match is_block {
                        true => Event::DisplayMath(text),
                        false => Event::InlineMath(text),
                    });
                }
                Err(Part { source, kind: Kind::Address { destination }, .. }) => {
                    self.address(source, destination);
                }
            }
        }
    }

    /// A URL shows itself, a page its name.
    fn address(&mut self, text: &'s str, destination: &'s str) {
        if self.links > 0 {
            return self.events.push(Event::Text(text.into()));
        }
        self.link(pages::name(destination).unwrap_or(text).into(), destination.into());
    }

    fn link(&mut self, text: CowStr<'s>, dest_url: CowStr<'s>) {
        let (title, id) = ("".into(), "".into());
        let link_type = pulldown_cmark::LinkType::Autolink;
        let link = Tag::Link { link_type, dest_url, title, id };
        self.events.extend([Event::Start(link), Event::Text(text), Event::End(TagEnd::Link)]);
    }

    /// Shows HTML as text, except line breaks, which models write into table cells.
    fn html(&self, html: CowStr<'s>) -> Event<'s> {
        let html = self.source.restored(html);
        let name: String = html.chars().filter(|c| !c.is_whitespace()).collect();
        match name.to_ascii_lowercase().as_str() {
            "<br>" | "<br/>" => Event::HardBreak,
            _ => Event::Text(html),
        }
    }

    fn start(&mut self, tag: Tag<'s>) -> Tag<'s> {
        match tag {
            Tag::Link { link_type, dest_url, title, id } => {
                self.links += 1;
                Tag::Link { link_type, dest_url: self.source.restored(dest_url), title, id }
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.in_code = true;
                Tag::CodeBlock(CodeBlockKind::Fenced(self.source.restored(info)))
            }
            tag => {
                self.in_code |= matches!(tag, Tag::CodeBlock(_));
                self.links += usize::from(matches!(tag, Tag::Image { .. }));
                tag
            }
        }
    }
}

/// The state of the preparation of a block.
struct Scan<'b> {
    block: &'b str,
    /// The start of the current line.
    line: usize,
    /// Whether the line so far contains only markers of quotes and lists.
    is_head: bool,
    done: Source,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut delimiters = Delimiters::default();
        let mut code = CodeSpans::new(self.block);
        let mut formulas = formula::Finder::new(self.block);
        let mut at = 0;
        while let Some(c) = self.block[at..].chars().next() {
            let end = match c {
                '\\' | '$' => self.formula(&mut formulas, at).or_else(|| self.escaped(at)),
                '`' => Some(self.take(at, code.end(self.block, at))),
                '*' | '_' | '~' => {
                    let (text, end) = delimiters.run(self.block, at);
                    self.done.text.push_str(&text);
                    Some(end)
                }
                'h' | 'H' | 'w' | 'W' => self.address(at),
                '/' => self.page(at),
                '\n' => {
                    delimiters.new_line();
                    self.line = at + 1;
                    None
                }
                _ => None,
            };
            let end = end.unwrap_or_else(|| self.take(at, at + c.len_utf8()));
            self.is_head = c == '\n' || self.is_head && lines::is_mark(c) && c != '|';
            at = end;
        }
    }

    /// Copies the source unchanged up to `end`.
    fn take(&mut self, at: usize, end: usize) -> usize {
        self.done.text.push_str(&self.block[at..end]);
        end
    }

    /// Copies an escaped character, which is exempt from the rules here as from Markdown's.
    fn escaped(&mut self, at: usize) -> Option<usize> {
        let mut behind = self.block[at..].chars();
        let is_escape = behind.next() == Some('\\');
        let next = behind.next().filter(|c| is_escape && c.is_ascii_punctuation())?;
        Some(self.take(at, at + 1 + next.len_utf8()))
    }

    fn formula(&mut self, formulas: &mut formula::Finder<'_>, at: usize) -> Option<usize> {
        let is_quoted = self.is_head && self.block[self.line..at].contains('>');
        let found = formulas.find(at, self.is_head)?;
        let content = &self.block[found.content.clone()];
        let text = match is_quoted {
            true => formula::plain(&unquoted(content))?,
            false => formula::plain(content)?,
        };
        let kind = Kind::Formula { text, is_block: found.is_block };
        self.done.set_aside(&self.block[at..found.end], kind);
        if let Some(feed) = self.block[at..found.end].rfind('\n') {
            self.line = at + feed + 1;
        }
        Some(found.end)
    }

    fn address(&mut self, at: usize) -> Option<usize> {
        let (end, destination) = address::find(self.block, at)?;
        self.done.set_aside(&self.block[at..end], Kind::Address { destination });
        Some(end)
    }

    fn page(&mut self, at: usize) -> Option<usize> {
        let end = pages::find(self.block, at)?;
        let path = &self.block[at..end];
        self.done.set_aside(path, Kind::Address { destination: path.to_owned() });
        Some(end)
    }
}

/// Removes the markers of a quote from the lines of a formula.
fn unquoted(content: &str) -> String {
    let line = |line: &str| line.trim_start_matches(['>', ' ', '\t']).to_owned();
    let (first, rest) = content.split_once('\n').unwrap_or((content, ""));
    let rest: Vec<String> = rest.lines().map(line).collect();
    format!("{first}\n{}", rest.join("\n"))
}

/// Finds the ends of code in backticks.
struct CodeSpans {
    /// The starts of the runs of backticks, by their length.
    runs: std::collections::HashMap<usize, Vec<usize>>,
}

impl CodeSpans {
    fn new(block: &str) -> Self {
        let mut runs: std::collections::HashMap<usize, Vec<usize>> = Default::default();
        let mut at = 0;
        while let Some(start) = block[at..].find('`').map(|next| at + next) {
            at = start + run_length(block, start);
            runs.entry(at - start).or_default().push(start);
        }
        Self { runs }
    }

    /// Returns the end of the code that starts at `at`. Without a closing run, returns the end of
    /// its backticks.
    fn end(&mut self, block: &str, at: usize) -> usize {
        let length = run_length(block, at);
        let behind = at + length;
        let starts = self.runs.get(&length).map_or(&[][..], Vec::as_slice);
        starts
            .get(starts.partition_point(|start| *start < behind))
            .map_or(behind, |end| end + length)
    }
}

fn run_length(block: &str, at: usize) -> usize {
    block.as_bytes()[at..].iter().take_while(|b| **b == b'`').count()
}
