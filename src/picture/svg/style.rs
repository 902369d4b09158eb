//! Styles of text, how wide they are, and the style sheet.

/// A style of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// The title of the picture.
    Title,
    /// The name of a box.
    Head,
    /// What is in a box.
    Body,
    /// What is said beside it.
    Dim,
    /// What may well be a mistake.
    Warning,
    /// The number on a badge.
    Badge,
}

impl Style {
    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Style::Title => "title",
            Style::Head => "head",
            Style::Body => "body",
            Style::Dim => "dim",
            Style::Warning => "warn",
            Style::Badge => "num",
        }
    }

    /// The size of the letters, in pixels.
    fn size(self) -> i32 {
        match self {
            Style::Title => 18,
            Style::Head => 13,
            Style::Body => 12,
            Style::Dim | Style::Warning => 11,
            Style::Badge => 10,
        }
    }

    /// How wide a text is. Letters of fonts with one width are 0.6 of their size or a little more
    /// (DejaVu Sans Mono: 0.602); of other scripts they may be twice as wide.
    #[must_use]
    pub fn width(self, text: &str) -> i32 {
        let columns: i32 = text.chars().map(columns).sum();
        // Hundredths of pixels, rounded up.
        (columns * self.size() * 61 + 99) / 100
    }

    /// As much of a text as fits, with `…` in place of the rest.
    pub(super) fn fit(self, text: &str, width: i32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let room = width * 100 / (self.size() * 61) - 1;
        let mut used = 0;
        let kept: String = text
            .chars()
            .take_while(|letter| {
                used += columns(*letter);
                used <= room
            })
            .collect();
        if room < 1 { String::new() } else { format!("{kept}…") }
    }
}

/// How many columns a letter may take. Arrows, crosses and the like are as narrow as Latin.
fn columns(letter: char) -> i32 {
    match u32::from(letter) {
        ..0x1100 | 0x2000..0x2e80 => 1,
        _ => 2,
    }
}

/// Colours of light surroundings, and of dark ones.
pub(super) const SHEET: &str = "\
text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1f2933;white-space:pre}
.title{font-size:18px;font-weight:bold}.head{font-size:13px;font-weight:bold}.body{font-size:12px}
.dim{font-size:11px;fill:#5c6b7a}.warn{font-size:11px;fill:#b42318;font-weight:bold}
.num{font-size:10px;font-weight:bold;fill:#fff}
.paper{fill:#f7f8fa}.zone{fill:#eef1f5;stroke:#c5ced8;stroke-dasharray:5 4}
.card{fill:#fff;stroke:#8a99a8}.away{fill:#fff;stroke:#8a99a8;stroke-dasharray:5 4}
.group{fill:#f1f5f9;stroke:#d3dbe3}.chip{fill:#fff;stroke:#b6c2ce}.idle{stroke:#b42318;stroke-dasharray:3 2}
.bus,.tun,.need{fill:none}.bus{stroke:#52606d;stroke-width:3;stroke-linecap:square}.tap{fill:none;stroke:#52606d;stroke-width:1.5}
.tun{stroke:#c2410c;stroke-width:2;stroke-dasharray:7 4}.ttap{fill:none;stroke:#c2410c;stroke-width:1.5;stroke-dasharray:3 2}
.need{stroke:#8a99a8;stroke-width:1.2}.tip{fill:#8a99a8}
.n0{fill:#1d4ed8}.n1{fill:#047857}.n2{fill:#b45309}.n3{fill:#7c3aed}.n4{fill:#be185d}.n5{fill:#0e7490}.n6{fill:#4d7c0f}.n7{fill:#9f1239}.n8{fill:#4338ca}.n9{fill:#57534e}
.k0{fill:#eceff3;stroke:#94a3b3}.k1{fill:#fdf3d0;stroke:#c79a1b}.k2{fill:#dff1e4;stroke:#3f9a5b}.k3{fill:#d9eefb;stroke:#3487bd}.k4{fill:#dfe3fc;stroke:#5b67cf}
.k5{fill:#fde6d3;stroke:#d07a34}.k6{fill:#fadbe6;stroke:#c84a7a}.k7{fill:#eee1fb;stroke:#8b5cc4}.k8{fill:#fbdcd9;stroke:#c8524a}.k9{fill:#e4e4e4;stroke:#777}
@media (prefers-color-scheme:dark){
text{fill:#e4e9ee}.dim{fill:#9fb0c0}.warn{fill:#ff8a7d}.num{fill:#fff}
.paper{fill:#12171d}.zone{fill:#1a212a;stroke:#3c4856}.card,.away{fill:#1e2731;stroke:#607183}.group{fill:#18202a;stroke:#334050}.chip{fill:#263241;stroke:#4a5a6b}.idle{stroke:#ff8a7d}
.bus,.tap{stroke:#9fb0c0}.tun,.ttap{stroke:#fb923c}.need{stroke:#6b7c8d}.tip{fill:#6b7c8d}
.k0{fill:#2a333d;stroke:#7b8a99}.k1{fill:#3d3413;stroke:#c79a1b}.k2{fill:#16331f;stroke:#3f9a5b}.k3{fill:#12303f;stroke:#3487bd}.k4{fill:#20264f;stroke:#7883e6}
.k5{fill:#40260f;stroke:#d07a34}.k6{fill:#421a2a;stroke:#d65c8b}.k7{fill:#2f1d45;stroke:#a177d8}.k8{fill:#421d1a;stroke:#dc6a62}.k9{fill:#333;stroke:#999}
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_fit() {
        assert_eq!(Style::Body.width("0123456789"), 74);
        assert_eq!(Style::Body.fit("0123456789", 74), "0123456789");
        assert_eq!(Style::Body.fit("0123456789", 73), "01234567…");
        assert!(Style::Body.width(&Style::Body.fit("0123456789", 73)) <= 73);
        assert_eq!(Style::Body.fit("abc", 5), "");
        assert_eq!(Style::Body.width("漢字"), Style::Body.width("abcd"));
    }
}
