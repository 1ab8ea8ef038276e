//! Standard error: messages, gaps and progress bars. Data goes to standard output and nowhere near here.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::gap::Gap;

use crate::args::{Color, Global};
use crate::environment;
use crate::error::eprint;

/// What may be said, and how.
#[derive(Debug)]
pub(crate) struct Ui {
    quiet: bool,
    verbosity: u8,
    color: Color,
    bars: MultiProgress,
}

impl Ui {
    /// As the global options ask.
    pub(crate) fn new(global: &Global) -> Self {
        let draws = io::stderr().is_terminal() && !global.no_progress && !global.quiet;
        let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self {
            quiet: global.quiet,
            verbosity: global.verbose,
            color: global.color,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Says a line to whoever is watching.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.must_say(line);
        }
    }

    /// Says a line even when quiet: it is said nowhere else.
    pub(crate) fn must_say(&self, line: &str) {
        self.bars.suspend(|| eprint(line));
    }

    /// Says a line that only `-v` wants.
    pub(crate) fn say_more(&self, line: &str) {
        if self.verbosity > 0 {
            self.say(line);
        }
    }

    /// Whether lines are said that only `-v` wants.
    pub(crate) fn says_more(&self) -> bool {
        self.verbosity > 0
    }

    /// Says a line that only `-vv` wants.
    pub(crate) fn say_even_more(&self, line: &str) {
        if self.verbosity > 1 {
            self.say(line);
        }
    }

    /// Says a line even when quiet: something failed that does not end the run.
    pub(crate) fn warn(&self, line: &str) {
        self.must_say(&format!("warning: {line}"));
    }

    /// Says each gap in a line; many that say the same in one, unless more is to be said.
    pub(crate) fn gaps(&self, gaps: &[Gap]) {
        let folded = if self.verbosity > 0 { gaps.to_vec() } else { flows::feeds::folded(gaps) };
        for gap in &folded {
            self.say(&format!("gap: {}: {}: {}", gap.kind.as_str(), gap.place, gap.detail));
        }
    }

    /// Whether what goes to standard output is coloured.
    pub(crate) fn colors_stdout(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stdout().is_terminal() && environment::variable("NO_COLOR").is_none(),
        }
    }

    /// The width of the terminal behind standard output, when there is one.
    pub(crate) fn stdout_width(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let columns = environment::variable("COLUMNS").and_then(|columns| columns.parse().ok());
        columns.or_else(|| console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns)))
    }

    /// A bar of the bytes of all downloads of a provider, with room for a word about them.
    pub(crate) fn provider_bar(&self, provider: &str) -> ProgressBar {
        let template = "{prefix:14!} [{bar:24}] {bytes:>10} / {total_bytes:<10} {wide_msg}";
        let style = ProgressStyle::with_template(template).expect("the template above is well-formed");
        let bar = self.bars.add(ProgressBar::new(0));
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(provider.to_owned());
        bar
    }

    /// A bar of `bytes` (a spinner when they are not known) called `name`.
    pub(crate) fn bar(&self, name: &str, bytes: Option<u64>) -> ProgressBar {
        let template = match bytes {
            Some(_) => "{prefix:24!} [{bar:24}] {bytes:>10} / {total_bytes:<10} {eta}",
            None => "{prefix:24!} {spinner} {bytes:>10} {msg}",
        };
        let style = ProgressStyle::with_template(template).expect("the templates above are well-formed");
        let bar = self.bars.add(ProgressBar::new(bytes.unwrap_or(0)));
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(name.to_owned());
        bar
    }
}

/// Bars by key, for reports that come from several threads at once.
#[derive(Debug, Default)]
pub(crate) struct Bars<K: Ord>(Mutex<BTreeMap<K, ProgressBar>>);

/// An error must not be said between bars that nothing moves any more.
impl<K: Ord> Drop for Bars<K> {
    fn drop(&mut self) {
        for bar in self.lock().values() {
            bar.finish_and_clear();
        }
    }
}

impl<K: Ord> Bars<K> {
    /// Remembers `bar` under `key`.
    pub(crate) fn insert(&self, key: K, bar: ProgressBar) {
        self.lock().insert(key, bar);
    }

    /// Whether there is a bar under `key`.
    pub(crate) fn has(&self, key: &K) -> bool {
        self.lock().contains_key(key)
    }

    /// Does something with the bar under `key`, if there is one.
    pub(crate) fn with(&self, key: &K, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = self.lock().get(key) {
            act(bar);
        }
    }

    /// Takes the bar under `key` off the screen.
    pub(crate) fn finish(&self, key: &K) {
        if let Some(bar) = self.lock().remove(key) {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<K, ProgressBar>> {
        // A panic elsewhere cannot leave a map of bars in a state that matters.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Bytes as people write them: `500MB`, `2GiB`, a number alone.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1000 * 1000,
        "gb" => 1000 * 1000 * 1000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        other => return Err(format!("`{other}` is no unit: use kB, MB, GB, KiB, MiB or GiB")),
    };
    let number: u64 = number.parse().map_err(|_| "a size is a number and a unit, as in `2GB`".to_owned())?;
    number.checked_mul(scale).ok_or_else(|| "that is too much".to_owned())
}

/// Bytes as people read them: `12.3 MB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_a_number_and_a_unit() {
        for (text, bytes) in [("0", 0), ("17", 17), ("2kB", 2000), ("3 MiB", 3 << 20), ("1GB", 1_000_000_000)]
        {
            assert_eq!(super::parse_bytes(text), Ok(bytes));
        }
        for text in ["", "GB", "1.5GB", "1 lot", "99999999999GiB"] {
            assert!(super::parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_said_in_thousands() {
        for (count, text) in [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")] {
            assert_eq!(super::bytes(count), text);
        }
    }
}
