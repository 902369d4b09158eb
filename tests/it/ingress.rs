//! Ingresses as configurations: what they may say, and that none of it gets out of its word.

use crate::support::{cluster, compiled_files};
use netc::compile::objects;
use netc::model::{Cluster, NodeId};
use netc::object::State;
use proptest::prelude::*;
use serde_json::{Value, json};

const ENGINES: [&str; 2] = ["nginx", "haproxy"];

/// A Kubernetes cluster, what serves it beside it, and the service `web`.
fn lab(engine: &str) -> String {
    format!(
        "cluster lab {{ services 10.96.0.0/16; ingress {engine} }}\n\
         node node0 {{ address 192.168.0.10/24 on eth0 }}\n\
         service web {{ port http 80; endpoint 192.0.2.7:80 }}\n"
    )
}

/// An ingress with these paths, which the API would take.
fn ingress(name: &str, rules: &[(&str, &str, &str)]) -> Value {
    let paths = rules.iter().map(|(kind, path, service)| {
        let backend = json!({ "service": { "name": service, "port": { "number": 80 } } });
        json!({ "path": path, "pathType": kind, "backend": backend })
    });
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": name },
        "spec": { "rules": [
            { "host": "shop.example", "http": { "paths": paths.collect::<Vec<_>>() } },
        ] },
    })
}

/// The configuration of the node, and the codes of what was said; the configuration is missing if that is
/// an error.
fn config(engine: &str, all: &[Value]) -> (Option<String>, Vec<&'static str>) {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": all }).to_string();
    let compiled = compiled_files(&[("lab.netc", &lab(engine)), ("objects.json", &list)]);
    let codes = compiled.diagnostics.iter().map(|one| one.code.id).collect();
    (compiled.built.map(|built| of_node(&built.cluster)), codes)
}

fn of_node(cluster: &Cluster) -> String {
    let ordered = objects(cluster, &cluster.nodes[0], NodeId(0)).unwrap();
    let mut found = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Balancer(own) => Some(own.config.to_string()),
        _ => None,
    });
    found.next().unwrap()
}

/// The line that tells where a path leads.
fn line_of<'c>(config: &'c str, mark: &str) -> &'c str {
    let mut lines = config.lines().filter(|line| line.contains(mark));
    lines.next().unwrap_or_else(|| panic!("no `{mark}` in {config}")).trim()
}

#[test]
fn a_path_to_a_service_that_is_not_there_is_answered_with_503() {
    let front = ingress("front", &[("Prefix", "/", "web"), ("Prefix", "/admin", "gone")]);
    let (nginx, codes) = config("nginx", std::slice::from_ref(&front));
    assert_eq!(codes, ["W0354"]);
    let nginx = nginx.unwrap();
    assert!(line_of(&nginx, "location /admin/ ").contains("{ return 503; }"), "{nginx}");
    assert!(line_of(&nginx, "location / ").contains("{ proxy_pass http://default_web_80; }"));
    let (haproxy, _) = config("haproxy", &[front]);
    let haproxy = haproxy.unwrap();
    let led = line_of(&haproxy, "-m beg /admin/ ");
    assert!(led.starts_with("use_backend missing if "), "{led}");
    assert!(
        haproxy.contains("\nbackend missing\n    http-request return status 503\n"),
        "{haproxy}"
    );
}

#[test]
fn a_path_is_claimed_however_it_is_written() {
    let one = ingress("one", &[("Prefix", "/a b", "web")]);
    for (path, codes) in [("/a%20b", vec!["E0350"]), ("/a%20b/", vec!["E0350"]), ("/a+b", vec![])] {
        let two = ingress("two", &[("Prefix", path, "web")]);
        assert_eq!(config("nginx", &[one.clone(), two]).1, codes, "{path}");
    }
}

/// The words of a line of nginx.conf (`ngx_conf_read_token`): quotes hold a word together, `\` takes
/// what follows as it is, `{` and `;` end a word outside of quotes; `}` does and `#` begins a comment where a word
/// would.
fn words_of_nginx(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next().filter(|first| *first != '#') {
        let mut word = String::new();
        let quoted = first == '"' || first == '\'';
        let mut letters = rest.char_indices().skip(usize::from(quoted)).peekable();
        let mut end = rest.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => word.extend(letters.next().map(|(_, next)| next)),
                _ if quoted && letter == first => {
                    end = at + 1;
                    break;
                }
                '{' | ';' | '}' if !quoted && (word.is_empty() || letter != '}') => {
                    end = if word.is_empty() { at + 1 } else { at };
                    if word.is_empty() {
                        word.push(letter);
                    }
                    break;
                }
                _ if !quoted && letter.is_ascii_whitespace() => {
                    end = at;
                    break;
                }
                _ => word.push(letter),
            }
        }
        words.push(word);
        rest = rest[end..].trim_start();
    }
    words
}

/// The words of a line of haproxy.cfg (Configuration Manual 2.6, section 2.2): nothing has a meaning within
/// single quotes, `\` takes what follows as it is outside of them, `#` begins a comment anywhere.
fn words_of_haproxy(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut strong, mut weak) = (None::<String>, false, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let own = word.get_or_insert_default();
        match letter {
            '\'' if !weak => strong = !strong,
            '"' if !strong => weak = !weak,
            '\\' if !strong => own.extend(letters.next()),
            '#' if !strong && !weak => break,
            ' ' | '\t' if !strong && !weak => {
                words.extend(word.take().filter(|own| !own.is_empty()));
            }
            _ => own.push(letter),
        }
    }
    words.extend(word.filter(|own| !own.is_empty()));
    words
}

/// The lines, as words, of what a cluster with one ingress makes.
fn lines(engine: &str, text: &str) -> Vec<Vec<String>> {
    let words = if engine == "nginx" { words_of_nginx } else { words_of_haproxy };
    text.lines().map(words).filter(|words| !words.is_empty()).collect()
}

/// Letters that mean something to somebody, and some that mean nothing.
fn hostile() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        Just(r#"""#),
        Just("'"),
        Just(";"),
        Just("{"),
        Just("}"),
        Just("$"),
        Just("#"),
        Just("\\"),
        Just(" "),
        Just("\n"),
        Just("\r"),
        Just("\t"),
        Just("\0"),
        Just("%"),
        Just("%0a"),
        Just("%22"),
        Just("%5c"),
        Just("%7d"),
        Just("${x}"),
        Just("é"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("z"),
        Just("/"),
        Just("~"),
        Just("="),
        Just("*"),
        Just("-"),
        Just("."),
        Just(","),
        Just("]"),
        Just("("),
        Just("|"),
        Just("^"),
    ];
    proptest::collection::vec(letters, 0..12).prop_map(|all| all.concat())
}

/// A path as nginx and HAProxy compare it.
fn decoded(path: &str) -> String {
    let mut path = path.to_owned();
    for (code, letter) in [("%22", "\""), ("%5c", "\\"), ("%7d", "}")] {
        path = path.replace(code, letter);
    }
    path
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A path is one word that reads as the path, and no line is another one than for a plain path.
    #[test]
    fn no_path_gets_out_of_its_word(tail in hostile()) {
        for engine in ENGINES {
            let path = format!("/x{tail}");
            let (Some(own), _) = config(engine, &[ingress("front", &[("Exact", &path, "web")])]) else {
                continue;
            };
            let plain = config(engine, &[ingress("front", &[("Exact", "/x", "web")])]).0.unwrap();
            // What is for the path without its last `/` is a line more.
            let bare = |line: &Vec<String>| line.starts_with(&["location".to_owned(), "=".to_owned()]);
            let (own, plain) = (lines(engine, &own), lines(engine, &plain));
            let read: Vec<&String> = own.iter().flatten().filter(|word| word.starts_with("/x")).collect();
            prop_assert!(read.contains(&&decoded(&path)) || path.contains("%0a"), "{:?}", own);
            let count = |all: &[Vec<String>]| -> Vec<usize> {
                all.iter().filter(|line| !bare(line)).map(Vec::len).collect()
            };
            prop_assert_eq!(count(&own), count(&plain));
        }
    }

    /// Names are refused, or are words that mean nothing.
    #[test]
    fn no_name_gets_out_of_its_word(name in hostile(), place in 0..5_usize) {
        for engine in ENGINES {
            let plain = config(engine, &[named("x", place)]).0.unwrap();
            if let (Some(own), _) = config(engine, &[named(&format!("x{name}"), place)]) {
                let count = |text: &str| lines(engine, text).iter().map(Vec::len).collect::<Vec<_>>();
                prop_assert_eq!(count(&own), count(&plain), "{}", own);
            }
        }
    }
}

/// An ingress with a name at one of the places where there are names.
fn named(name: &str, place: usize) -> Value {
    let word =
        |own: usize, plain: &str| if own == place { name.to_owned() } else { plain.to_owned() };
    let backend =
        json!({ "service": { "name": word(0, "web"), "port": { "name": word(1, "http") } } });
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": word(2, "front") },
        "spec": {
            "tls": [{ "hosts": [word(3, "shop.example")], "secretName": word(4, "front-tls") }],
            "rules": [{ "host": word(3, "shop.example"), "http": { "paths": [
                { "path": "/", "pathType": "Prefix", "backend": backend },
            ] } }],
        },
    })
}

/// File names are told in comments alone.
#[test]
fn no_file_name_gets_out_of_its_comment() {
    let with = |engine: &str, file: &str| {
        let source = lab(engine)
            + &format!(
                "ingress front {{ path / -> web:80; tls t }}\nsecret t {{ certificate \"{file}\"; key \"/k\" }}\n"
            );
        of_node(&cluster(&source))
    };
    for engine in ENGINES {
        let plain = lines(engine, &with(engine, "/c"));
        for file in ["/a b;c", "/a' {}", "/a\\\\", "/a # of b", "/é\u{2028}x", "/$host", "/%[src]"]
        {
            assert_eq!(lines(engine, &with(engine, file)), plain, "{engine}: {file}");
        }
    }
}
