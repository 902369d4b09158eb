//! A drawing: shapes in whole pixels.

use super::style::Style;

/// A drawing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawing {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, for whoever cannot see it.
    pub description: String,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// The shapes; later ones lie on earlier ones.
    pub shapes: Vec<Shape>,
}

/// Something that is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A box.
    Frame(Frame),
    /// A line.
    Wire(Wire),
    /// Text outside of boxes.
    Label(Label),
}

/// A box with its texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its left edge.
    pub x: i32,
    /// Its upper edge.
    pub y: i32,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// How it looks: classes of the style sheet.
    pub class: String,
    /// What is said of it when asked; nothing if empty.
    pub note: String,
    /// Its texts.
    pub labels: Vec<Label>,
}

/// A text of one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where it begins.
    pub x: i32,
    /// Its base line.
    pub y: i32,
    /// How it looks.
    pub style: Style,
    /// The text.
    pub text: String,
}

/// A line: it begins somewhere and goes on by straight pieces and bends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wire {
    /// How it looks: classes of the style sheet.
    pub class: String,
    /// The data of its path, as SVG has it.
    pub path: String,
}

impl Drawing {
    pub(super) fn new(title: String, description: String) -> Drawing {
        Drawing { title, description, width: 0, height: 0, shapes: Vec::new() }
    }

    /// All boxes.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Frame(frame) => Some(frame),
            _ => None,
        })
    }

    pub(super) fn wire(&mut self, class: &str, path: String) {
        self.shapes.push(Shape::Wire(Wire { class: class.into(), path }));
    }

    pub(super) fn label(&mut self, label: Label) {
        self.shapes.push(Shape::Label(label));
    }

    pub(super) fn frame(&mut self, frame: Frame) {
        self.shapes.push(Shape::Frame(frame));
    }
}

impl Frame {
    pub(super) fn new(class: &str, (x, y): (i32, i32), (width, height): (i32, i32)) -> Frame {
        let (class, note) = (class.to_owned(), String::new());
        Frame { x, y, width, height, class, note, labels: Vec::new() }
    }

    pub(super) fn note(self, note: impl Into<String>) -> Frame {
        Frame { note: note.into(), ..self }
    }

    /// Adds a text at a place within the box; what does not fit is cut off. Returns its width.
    pub(super) fn write(&mut self, style: Style, at: (i32, i32), text: &str) -> i32 {
        self.write_until(style, at, self.width - PADDING, text)
    }

    /// The same of a text that must end before this.
    pub(super) fn write_until(
        &mut self,
        style: Style,
        (x, y): (i32, i32),
        end: i32,
        text: &str,
    ) -> i32 {
        let text = style.fit(text, end - x);
        let width = style.width(&text);
        if !text.is_empty() {
            self.labels.push(Label { x: self.x + x, y: self.y + y, style, text });
        }
        width
    }
}

/// Between the texts of a box and its right edge.
const PADDING: i32 = 4;

impl Label {
    /// Its width.
    #[must_use]
    pub fn width(&self) -> i32 {
        self.style.width(&self.text)
    }
}
