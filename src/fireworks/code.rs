//! Tracks whether a streamed Markdown text is inside code.

/// Reads a text byte by byte. This is an approximation: fences count at every line start, including after
/// list and quote markers, and an inline span ends at an empty line at the latest.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// Byte and length of the open fence.
    fence: Option<(u8, usize)>,
    /// Length of the backtick run that opened an inline span; 0 if none is open.
    span: usize,
    run: Run,
    line: Line,
}

/// The run of backticks or tildes at the end of the text read so far.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    byte: u8,
    length: usize,
    begins_line: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    /// Only white space, list markers and quote markers so far.
    #[default]
    Beginning,
    Middle,
}

impl Code {
    pub fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            self.step(byte);
        }
    }

    pub fn step(&mut self, byte: u8) {
        if matches!(byte, b'`' | b'~') {
            if self.run.length > 0 && self.run.byte != byte {
                self.end_run();
            }
            let begins_line = match self.run.length {
                0 => self.line == Line::Beginning,
                _ => self.run.begins_line,
            };
            self.run = Run { byte, length: self.run.length + 1, begins_line };
            self.line = Line::Middle;
            return;
        }
        self.end_run();
        match byte {
            b'\n' => {
                if self.line == Line::Beginning {
                    self.span = 0;
                }
                self.line = Line::Beginning;
            }
            b' ' | b'\t' | b'\r' | b'>' | b'-' | b'*' => {}
            _ => self.line = Line::Middle,
        }
    }

    /// Returns whether the next character is inside code.
    pub fn is_open(&mut self) -> bool {
        self.end_run();
        self.fence.is_some() || self.span > 0
    }

    /// Returns whether the next character is the first of its line.
    pub fn begins_line(&self) -> bool {
        self.line == Line::Beginning
    }

    fn end_run(&mut self) {
        let Run { byte, length, begins_line } = std::mem::take(&mut self.run);
        match self.fence {
            _ if length == 0 => {}
            Some((fence, least)) if begins_line && byte == fence && length >= least => {
                self.fence = None
            }
            Some(_) => {}
            None if begins_line && length >= 3 => {
                (self.fence, self.span) = (Some((byte, length)), 0)
            }
            None if byte == b'~' => {}
            None if self.span == 0 => self.span = length,
            None if self.span == length => self.span = 0,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_open_between_its_fences() {
        for (text, open) in [
            ("plain ", false),
            ("a `b", true),
            ("a `b` c", false),
            ("a ``b ` c", true),
            ("a ``b ` c`` d", false),
            ("a `b\n\nc", false),
            ("```\ncode", true),
            ("```rust\ncode `", true),
            ("```\ncode\n```", false),
            ("```\ncode\n````\ntext", false),
            ("````\ncode\n```\ncode", true),
            ("- ```\n  code", true),
            ("> ~~~\n> code", true),
            ("~~~\ncode\n```\n", true),
            ("~5 and ~~gone~~ ", false),
            ("text ``` text", true),
        ] {
            let mut code = Code::default();
            code.read(text);
            assert_eq!(code.is_open(), open, "{text:?}");
        }
    }
}
