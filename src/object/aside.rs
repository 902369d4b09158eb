//! What is known beside a state.

/// Something that says nothing of what is to be: whatever it is, the states that have it are equal.
#[derive(Clone, Copy, Default, Debug)]
pub struct Aside<T>(pub T);

impl<T> PartialEq for Aside<T> {
    fn eq(&self, _: &Aside<T>) -> bool {
        true
    }
}

impl<T> Eq for Aside<T> {}
