//! Statements that may stand anywhere: they say how other statements come about.

use super::Pattern::{Many, One};
use super::{Braces, Definition, Field, PLAIN, Place, Shape};

pub(super) const STATEMENTS: &[Definition] = &[
    Definition {
        keyword: "let",
        place: Place::Anywhere,
        arguments: &[
            One(Field { name: "variable", shape: Shape::Variable }),
            One(Field { name: "=", shape: Shape::Any }),
            One(Field { name: "value", shape: Shape::Any }),
        ],
        repeats: true,
        doc: "Binds a variable. `${variable}` stands for the value in every later word of this \
              block and of the blocks in it; a value that is a number can be calculated with. A \
              variable is bound once.",
        example: "let replicas = 3",
        ..PLAIN
    },
    Definition {
        keyword: "for",
        place: Place::Anywhere,
        arguments: &[
            One(Field { name: "variable", shape: Shape::Variable }),
            One(Field { name: "in", shape: Shape::Any }),
            Many(Field { name: "value", shape: Shape::Any }),
        ],
        braces: Braces::Required(Place::Anywhere),
        repeats: true,
        doc: "Unfolds its block once for each number of a range (the last one is left out) or for \
              each word of a list separated by commas.",
        example: "for i in 0..3 { node node${i} { address 192.168.80.${241 + i} on ens33 } }",
        ..PLAIN
    },
];
