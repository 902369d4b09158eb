//! Pictures as SVG: a layout puts shapes into a [`Drawing`], which is then written.

mod cards;
mod drawing;
mod grid;
mod layers;
mod needs;
mod place;
mod side;
mod style;
mod topology;
mod write;

pub use drawing::{Drawing, Frame, Label, Shape, Wire};
pub use style::Style;
