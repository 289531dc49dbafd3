//! A control chart as a picture in the page: the points, their mean, the limits
//! between which chance moves them, and marks on the points that are more than
//! chance. The marks differ in shape, so that they can be told apart in print.

use super::html::escaped;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 36.0;

/// One point of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub(crate) period: String,
    pub(crate) value: f64,
    pub(crate) mean: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) signal: Signal,
}

/// Whether a point is more than chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    None,
    High,
    Low,
}

/// Where the present signal began: the first of the newest points that have it.
pub(crate) fn since(points: &[Point]) -> Option<&Point> {
    let last = points.last()?.signal;
    let run = points.iter().rev().take_while(|point| point.signal == last);
    run.last()
}

/// The chart; empty without points. `of` says what is drawn; a share is at most
/// 100.
pub(crate) fn svg(points: &[Point], of: &str, is_share: bool) -> String {
    let Some(first) = points.first() else {
        return String::new();
    };
    // A limit that no figure can reach tells nothing: below nought, or above all of them.
    let reached = points.iter().map(|p| p.value).fold(0.0, f64::max);
    let top = match is_share && first.upper > 100.0 {
        true => 100.0,
        false => reached.max(first.upper),
    };
    let top = if top <= 0.0 { 1.0 } else { top * 1.05 };
    let low = points.iter().map(|p| p.value).fold(0.0, f64::min);
    let step = (WIDTH - LEFT - RIGHT) / (points.len().max(2) - 1) as f64;
    let x = |at: usize| LEFT + step * at as f64;
    let y = |value: f64| {
        let value = value.clamp(low, top);
        TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / (top - low)
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"t{id} d{id}\">\
         <title id=\"t{id}\">{of}</title><desc id=\"d{id}\">{described}</desc>\n",
        id = first.period.len() + of.len() + points.len() * 1000,
        of = escaped(of),
        described = escaped(&described(points)),
    );
    let right = WIDTH - RIGHT;
    for (value, class, label) in [
        (first.upper, "limit", "upper limit"),
        (first.mean, "mean", "mean"),
        (first.lower, "limit", "lower limit"),
    ] {
        if value < low || value > top {
            continue;
        }
        let _ = writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"><title>{label} {value:.1}</title></line>\
             <text x=\"{x}\" y=\"{ty:.1}\" text-anchor=\"end\">{value:.0}</text>",
            y = y(value),
            x = LEFT - 6.0,
            ty = y(value) + 4.0,
        );
    }
    let line: Vec<String> = (points.iter().enumerate())
        .map(|(at, point)| format!("{:.1},{:.1}", x(at), y(point.value)))
        .collect();
    let _ = writeln!(
        svg,
        "<polyline class=\"line\" points=\"{}\"/>",
        line.join(" ")
    );
    for (at, point) in points.iter().enumerate() {
        let (x, y) = (x(at), y(point.value));
        let told = format!("{} {:.1}", escaped(&point.period), point.value);
        let _ = match point.signal {
            Signal::None => writeln!(
                svg,
                "<circle class=\"chance\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{told}</title></circle>"
            ),
            Signal::High => writeln!(
                svg,
                "<path class=\"signal\" d=\"M{x:.1} {:.1}l5.5 10h-11z\"><title>{told}, higher than chance</title></path>",
                y - 6.0
            ),
            Signal::Low => writeln!(
                svg,
                "<path class=\"signal\" d=\"M{x:.1} {:.1}l5.5 -10h-11z\"><title>{told}, lower than chance</title></path>",
                y + 6.0
            ),
        };
    }
    let every = points.len().div_ceil(8).max(1);
    for (at, point) in points.iter().enumerate().step_by(every) {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(at),
            HEIGHT - 12.0,
            escaped(&point.period)
        );
    }
    svg + "</svg>\n"
}

/// The chart in words, for who cannot see it.
fn described(points: &[Point]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let marked = points.iter().filter(|p| p.signal != Signal::None).count();
    format!(
        "{} points from {} to {}. The mean is {:.1}; chance alone moves a point between {:.1} and {:.1}. \
         {marked} points are more than chance. The newest is {:.1}.",
        points.len(),
        first.period,
        last.period,
        first.mean,
        first.lower,
        first.upper,
        last.value,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(signals: &[Signal]) -> Vec<Point> {
        let point = |(at, signal): (usize, &Signal)| Point {
            period: format!("2024-{:02}", at + 1),
            value: 10.0 + at as f64,
            mean: 12.0,
            lower: -3.0,
            upper: 20.0,
            signal: *signal,
        };
        signals.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_chart_says_in_words_and_in_shapes_what_is_more_than_chance() {
        let svg = svg(
            &points(&[Signal::None, Signal::High, Signal::Low]),
            "Plans & more",
            false,
        );
        assert!(svg.contains("Plans &amp; more") && svg.contains("2 points are more than chance"));
        assert_eq!(svg.matches("<circle").count(), 1);
        assert_eq!(svg.matches("<path").count(), 2);
        assert!(
            !svg.contains("lower limit"),
            "a limit below nought is not drawn"
        );
        assert!(!svg.contains("http"));
    }

    #[test]
    fn a_signal_began_with_the_first_point_of_its_run() {
        let points = points(&[Signal::High, Signal::None, Signal::High, Signal::High]);
        assert_eq!(since(&points).unwrap().period, "2024-03");
        assert!(since(&[]).is_none());
        assert_eq!(svg(&[], "nothing", false), "");
    }
}
