//! ERB: the text of a template becomes the Ruby program that Ruby's own ERB makes of it, with a way back.
//!
//! Pure, and total: every text is a template. Follows ERB 4.0.4 with `trim_mode: "-"`, byte for byte, because a syntax
//! error of Ruby quotes lines of the generated program.
//!
//! - Text is appended by `_erbout.<< "…".freeze`, in the notation of `String#dump` for bytes: the program's only
//!   characters outside ASCII are those of the template's own code.
//! - Code stands in the program as it stands in its tag, except that `%%>` becomes `%>`, and that one line end before
//!   `%>` becomes `\n`. So a loop may be opened in one tag and closed in another.
//! - The program's first line is number 0; from then on its lines are those of the template ([`Program::ruby_line`]).
//!
//! Invariants of a [`Program`]: its segments lie side by side and cover the whole code; the time to make it is linear
//! in the length of the template.

mod generate;
mod literal;
mod magic;
mod program;
mod scan;

pub use program::{Program, Segment};

use generate::Generator;
use scan::{Opener, Scanner, Token};

/// The Ruby program of a template.
pub fn compile(template: &str) -> Program {
    let magic = magic::detect(template);
    let mut generator = Generator::new(template, &magic);
    let mut open: Option<Opener> = None;
    for token in Scanner::new(template) {
        match token {
            Token::Open(opener) => {
                generator.flush_text();
                open = Some(opener);
            }
            Token::Close { start } => {
                if let Some(opener) = open.take() {
                    generator.tag(&opener, start);
                }
            }
            Token::LineEnd => generator.line_end(),
            Token::Piece(piece) => {
                let lone_line_end = open.is_none() && &template[piece.clone()] == "\n";
                generator.keep(piece);
                if lone_line_end {
                    generator.flush_text();
                }
            }
        }
    }
    generator.finish(magic.foreign_coding)
}

#[cfg(test)]
mod tests;
