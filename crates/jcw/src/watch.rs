//! Watching a run: bars on a terminal, plain lines anywhere else.

use indicatif::{ProgressBar, ProgressStyle};
use jcw_run::{Progress, Watcher};
use std::io::IsTerminal;
use std::time::Duration;

/// The watcher that fits where standard error goes.
pub(crate) fn watcher() -> Box<dyn Watcher> {
    if std::io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines)
    }
}

/// One line that says what is going on now; what is done stands above it.
struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar { bar }
    }
}

impl Watcher for Bar {
    fn saw(&self, event: Progress) {
        match &event {
            Progress::Looking { source } => self.bar.set_message(format!("looking at {source}")),
            Progress::Fetching { file, .. } => self.bar.set_message(format!("fetching {file}")),
            Progress::Checked { file, rows, .. } => {
                self.bar.inc(*rows);
                self.bar
                    .set_message(format!("checking {file}: {} rows", self.bar.position()));
            }
            Progress::Building { model } => self.bar.set_message(format!("building {model}")),
            done => {
                self.bar.set_position(0);
                if let Some(line) = line(done) {
                    self.bar.println(line);
                }
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line for each thing done.
struct Lines;

impl Watcher for Lines {
    #[expect(
        clippy::print_stderr,
        reason = "the command line is what talks to people"
    )]
    fn saw(&self, event: Progress) {
        if let Some(line) = line(&event) {
            eprintln!("{line}");
        }
    }
}

fn line(event: &Progress) -> Option<String> {
    Some(match event {
        Progress::Received {
            source,
            file,
            status,
            accepted,
            rejected,
        } => match *status {
            "loaded" => {
                format!("  loaded    {source}: {file} ({accepted} rows, {rejected} rejected)")
            }
            status => format!("  {status:<9} {source}: {file}"),
        },
        Progress::Built {
            model,
            rows,
            unchanged: false,
        } => format!("  built     {model} ({rows} rows)"),
        Progress::Published { release } => format!("  published {release}"),
        _ => return None,
    })
}
