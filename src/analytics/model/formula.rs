//! Formulas of derived metrics: numbers, slugs, `+ - * /` and parentheses. They have no other abilities, and parsing and
//! evaluation need no recursion.

use std::fmt::Write;

/// Maximum length of a formula.
pub const FORMULA_MAX_CHARS: usize = 200;
/// Maximum number of open parentheses.
const MOST_DEPTH: usize = 12;
/// Stands for the number of days that the operands were added up over.
const DAYS: &str = "days";

/// A formula that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// As it is written.
    tokens: Vec<Token>,
    /// In reverse Polish notation: an operator follows its operands.
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Operand(Operand),
    Operator(Operator),
    Open,
    Close,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Operand(Operand),
    Operator(Operator),
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Number(f64),
    Metric(String),
    Days,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Why a text is no formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The position of the fault in characters, from 1.
    pub at: usize,
    pub reason: String,
}

/// Why a formula has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// The metric with this slug has no value.
    Unknown(String),
    DividesByZero,
    TooLarge,
}

impl Operator {
    fn of(c: char) -> Option<Self> {
        Some(match c {
            '+' => Self::Add,
            '-' | '−' => Self::Subtract,
            '*' | '×' => Self::Multiply,
            '/' | '÷' => Self::Divide,
            _ => return None,
        })
    }

    const fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '−',
            Self::Multiply => '×',
            Self::Divide => '÷',
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 1,
            Self::Multiply | Self::Divide => 2,
        }
    }

    fn apply(self, a: f64, b: f64) -> Result<f64, Undefined> {
        let result = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide if b == 0.0 => return Err(Undefined::DividesByZero),
            Self::Divide => a / b,
        };
        if result.is_finite() { Ok(result) } else { Err(Undefined::TooLarge) }
    }
}

fn fault<T>(at: usize, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at, reason: reason.into() })
}

/// Splits a text into tokens with their positions.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Fault> {
    let chars: Vec<char> = text.to_lowercase().chars().collect();
    let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let place = at + 1;
        at += 1;
        if let Some(operator) = Operator::of(c) {
            tokens.push((place, Token::Operator(operator)));
        } else if c == '(' {
            tokens.push((place, Token::Open));
        } else if c == ')' {
            tokens.push((place, Token::Close));
        } else if c.is_ascii_alphanumeric() {
            while chars.get(at).is_some_and(is_word) {
                at += 1;
            }
            let word: String = chars.get(place - 1..at).unwrap_or_default().iter().collect();
            tokens.push((place, Token::Operand(operand(&word, place)?)));
        } else if !c.is_whitespace() {
            return fault(
                place,
                format!(
                    "“{c}” cannot be part of a formula. Use numbers, metrics, + - * / and parentheses."
                ),
            );
        }
    }
    Ok(tokens)
}

fn operand(word: &str, at: usize) -> Result<Operand, Fault> {
    let is_number = word.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_number {
        return match word.parse::<f64>() {
            Ok(number) if number <= super::MOST => Ok(Operand::Number(number)),
            _ => fault(at, format!("“{word}” is not a number.")),
        };
    }
    if word == DAYS {
        return Ok(Operand::Days);
    }
    if word.ends_with('-') {
        return fault(at + word.len() - 1, "A minus needs a space before it.");
    }
    match word.contains('.') {
        true => fault(at, format!("“{word}” is neither a number nor a metric.")),
        false => Ok(Operand::Metric(word.to_owned())),
    }
}

impl Formula {
    /// Parses a formula. Errors: the first fault and its position.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.chars().count() > FORMULA_MAX_CHARS {
            let reason = format!("A formula has at most {FORMULA_MAX_CHARS} characters.");
            return fault(FORMULA_MAX_CHARS + 1, reason);
        }
        let placed = tokens(text)?;
        let mut steps = Vec::new();
        // Operators and parentheses that wait for what follows them.
        let mut waiting: Vec<(usize, Option<Operator>)> = Vec::new();
        let mut wants_operand = true;
        for (at, token) in &placed {
            match token {
                Token::Operand(_) | Token::Open if !wants_operand => {
                    return fault(*at, "An operator is missing before this: + - * or /.");
                }
                Token::Operator(_) | Token::Close if wants_operand => {
                    return fault(*at, "A number, a metric or “(” is missing before this.");
                }
                Token::Operand(operand) => {
                    steps.push(Step::Operand(operand.clone()));
                    wants_operand = false;
                }
                Token::Open
                    if waiting.iter().filter(|(_, it)| it.is_none()).count() >= MOST_DEPTH =>
                {
                    return fault(*at, format!("More than {MOST_DEPTH} parentheses are open."));
                }
                Token::Open => waiting.push((*at, None)),
                Token::Close => loop {
                    match waiting.pop() {
                        Some((_, Some(operator))) => steps.push(Step::Operator(operator)),
                        Some((_, None)) => break,
                        None => return fault(*at, "This “)” has no “(”."),
                    }
                },
                Token::Operator(operator) => {
                    while let Some((_, Some(before))) = waiting.last()
                        && before.rank() >= operator.rank()
                    {
                        steps.push(Step::Operator(*before));
                        waiting.pop();
                    }
                    waiting.push((*at, Some(*operator)));
                    wants_operand = true;
                }
            }
        }
        if wants_operand {
            let end = text.trim_end().chars().count() + 1;
            return fault(end, "A number, a metric or “(” is missing at the end.");
        }
        while let Some((at, operator)) = waiting.pop() {
            match operator {
                Some(operator) => steps.push(Step::Operator(operator)),
                None => return fault(at, "This “(” has no “)”."),
            }
        }
        Ok(Self { tokens: placed.into_iter().map(|(_, token)| token).collect(), steps })
    }

    /// Lists the slugs of its metrics, each once, in their order.
    pub fn metrics(&self) -> Vec<&str> {
        let mut slugs = Vec::new();
        for step in &self.steps {
            if let Step::Operand(Operand::Metric(slug)) = step
                && !slugs.contains(&slug.as_str())
            {
                slugs.push(slug.as_str());
            }
        }
        slugs
    }

    /// Computes the value. `value` gives that of a metric, `days` the number of days it is of.
    pub fn evaluate(
        &self,
        value: impl Fn(&str) -> Option<f64>,
        days: u32,
    ) -> Result<f64, Undefined> {
        let stack = run(&self.steps, value, days)?;
        // Parsing leaves one value.
        stack.last().copied().ok_or(Undefined::TooLarge)
    }

    /// Returns what the formula as a whole divides by. `None` if it does not end with a division.
    pub fn divisor(&self, value: impl Fn(&str) -> Option<f64>, days: u32) -> Option<f64> {
        let (Step::Operator(Operator::Divide), before) = self.steps.split_last()? else {
            return None;
        };
        run(before, value, days).ok()?.last().copied()
    }

    /// Writes the formula out, with what `shown` returns in place of each slug.
    pub fn shown(&self, shown: impl Fn(&str) -> String, days: Option<u32>) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            let _ = match token {
                Token::Operand(Operand::Number(number)) => write!(text, "{number}"),
                Token::Operand(Operand::Metric(slug)) => write!(text, "{}", shown(slug)),
                Token::Operand(Operand::Days) => match days {
                    Some(days) => write!(text, "{days} days"),
                    None => write!(text, "days"),
                },
                Token::Operator(operator) => write!(text, " {} ", operator.sign()),
                Token::Open => write!(text, "("),
                Token::Close => write!(text, ")"),
            };
        }
        text
    }
}

fn run(
    steps: &[Step],
    value: impl Fn(&str) -> Option<f64>,
    days: u32,
) -> Result<Vec<f64>, Undefined> {
    let mut stack: Vec<f64> = Vec::new();
    for step in steps {
        let next = match step {
            Step::Operand(Operand::Number(number)) => *number,
            Step::Operand(Operand::Days) => f64::from(days),
            Step::Operand(Operand::Metric(slug)) => {
                value(slug).ok_or_else(|| Undefined::Unknown(slug.clone()))?
            }
            Step::Operator(operator) => {
                let (Some(b), Some(a)) = (stack.pop(), stack.pop()) else {
                    return Err(Undefined::TooLarge);
                };
                operator.apply(a, b)?
            }
        };
        stack.push(next);
    }
    Ok(stack)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Result<f64, Undefined> {
        let known = |slug: &str| match slug {
            "revenue" => Some(1_000.0),
            "cost-of-goods" => Some(380.0),
            "orders" => Some(0.0),
            "3d-prints" => Some(7.0),
            _ => None,
        };
        Formula::parse(text).unwrap().evaluate(known, 30)
    }

    #[test]
    fn a_formula_is_computed_as_arithmetic_says() {
        for (text, result) in [
            ("2 + 3 * 4", 14.0),
            ("(2 + 3) * 4", 20.0),
            ("10 - 4 - 3", 3.0),
            ("24 / 4 / 2", 3.0),
            ("2*3+4*5", 26.0),
            ("(revenue - cost-of-goods) / revenue * 100", 62.0),
            ("Revenue − cost-of-goods", 620.0),
            ("revenue ÷ days × 7", 1_000.0 / 30.0 * 7.0),
            ("((1.5))", 1.5),
            ("3d-prints -2", 5.0),
        ] {
            assert_eq!(value(text), Ok(result), "{text}");
        }
    }

    #[test]
    fn a_formula_without_a_value_says_why() {
        assert_eq!(value("revenue / orders"), Err(Undefined::DividesByZero));
        assert_eq!(value("1 / (2 - 2)"), Err(Undefined::DividesByZero));
        assert_eq!(value("1 + payroll"), Err(Undefined::Unknown("payroll".into())));
        let huge = Formula::parse(&["a"; 40].join("*")).unwrap();
        assert_eq!(huge.evaluate(|_| Some(1e15), 30), Err(Undefined::TooLarge));
    }

    #[test]
    fn a_fault_is_told_with_its_position() {
        for (text, at, reason) in [
            ("", 1, "missing at the end"),
            ("  ", 1, "missing at the end"),
            ("revenue -", 10, "missing at the end"),
            ("revenue- cost", 8, "A minus needs a space before it"),
            ("* 2", 1, "missing before this"),
            ("-2", 1, "missing before this"),
            ("2 + )", 5, "missing before this"),
            ("2 revenue", 3, "An operator is missing"),
            ("2 (3)", 3, "An operator is missing"),
            ("(2 + 3", 1, "This “(” has no “)”."),
            ("2 + 3)", 6, "This “)” has no “(”."),
            ("()", 2, "missing before this"),
            ("2 ^ 3", 3, "“^” cannot be part"),
            ("revenue; drop", 8, "“;” cannot be part"),
            ("1.2.3", 1, "is not a number"),
            ("v1.2", 1, "neither a number nor a metric"),
            ("99999999999999999999", 1, "is not a number"),
            ("\u{202e}2", 1, "cannot be part"),
        ] {
            let fault = Formula::parse(text).unwrap_err();
            assert!(fault.at == at && fault.reason.contains(reason), "{text}: {fault:?}");
        }
    }

    #[test]
    fn length_and_depth_are_bounded() {
        let long = format!("1{}", " + 1".repeat(60));
        assert_eq!(Formula::parse(&long).unwrap_err().at, FORMULA_MAX_CHARS + 1);
        let deep = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Formula::parse(&deep(MOST_DEPTH)).is_ok());
        assert_eq!(Formula::parse(&deep(MOST_DEPTH + 1)).unwrap_err().at, MOST_DEPTH + 1);
    }

    #[test]
    fn a_formula_names_its_metrics_once_and_is_written_out() {
        let formula = Formula::parse("(revenue - cost-of-goods)/revenue*100").unwrap();
        assert_eq!(formula.metrics(), ["revenue", "cost-of-goods"]);
        let shown = formula.shown(|slug| slug.to_uppercase(), None);
        assert_eq!(shown, "(REVENUE − COST-OF-GOODS) ÷ REVENUE × 100");
        let burn = Formula::parse("payroll / days * 30").unwrap();
        assert_eq!(burn.shown(str::to_owned, Some(27)), "payroll ÷ 27 days × 30");
    }

    #[test]
    fn the_divisor_is_that_of_the_whole_formula() {
        let divisor = |text: &str| Formula::parse(text).unwrap().divisor(|_| Some(4.0), 30);
        assert_eq!(divisor("cash / (costs - 10)"), Some(-6.0));
        assert_eq!(divisor("cash / costs * 2"), None);
        assert_eq!(divisor("cash"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_and_what_is_parsed_has_one_value(
            text in "[a-c0-9 ().+*/−-]{0,40}|\\PC{0,40}",
        ) {
            match Formula::parse(&text) {
                Ok(formula) => {
                    let stack = run(&formula.steps, |_| Some(2.0), 30);
                    prop_assert!(stack.is_err() || stack.unwrap().len() == 1);
                    let again = Formula::parse(&formula.shown(str::to_owned, None));
                    prop_assert!(again.is_ok_and(|again| again.steps == formula.steps));
                }
                Err(fault) => prop_assert!(fault.at >= 1 && fault.at <= text.to_lowercase().chars().count() + 1),
            }
        }
    }
}
