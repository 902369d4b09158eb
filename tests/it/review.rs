//! Changes as they are shown: the JSON keeps to its schema, saved plans come back, and the program
//! ends with the right codes.

use crate::program::{Run, Test};
use crate::support::read;
use netc::object::State;
use serde_json::Value;
use std::fs;

const OLD: &str = "\
cluster lab { pods 10.244.0.0/16; services 10.96.0.0/16; overlay vxlan { vni 1 } }
for i in 1..6 { node node${i} { address 10.0.0.${i} on eth0; pods 10.244.${i}.0/24 } }
pods web replicas 3 on node1, node2, node3 { labels app=web; port http 8080 }
service web { select app=web; ip 10.96.0.10; port http 80 -> http }
service dns { ip 10.96.0.53; port 53/udp; endpoint 192.168.0.9:53 }
";

/// One more pod and one more node.
fn new() -> String {
    OLD.replace("3 on node1, node2, node3", "4 on node1, node2, node3, node4")
        .replace("1..6", "1..7")
}

fn test() -> Test {
    Test::new(&[("old.netc", OLD), ("new.netc", &new())])
}

fn built() -> Test {
    let test = test();
    for side in ["old", "new"] {
        let run = test.run(&["build", &format!("{side}.netc"), "--out", side]);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    test
}

#[test]
fn the_code_says_whether_there_are_changes() {
    let test = built();
    let code = |arguments: &[&str]| {
        let run = test.run(&[&["diff"], arguments].concat());
        assert!(run.err.is_empty() || run.code == Some(1), "{run:?}");
        run.code
    };
    for (old, new) in
        [("old.netc", "old"), ("old", "old.netc"), ("new", "new"), ("new", "new.netc")]
    {
        assert_eq!(code(&[old, new]), Some(0), "{old} {new}");
    }
    for (old, new) in
        [("old.netc", "new"), ("old", "new.netc"), ("new", "old"), ("new.netc", "old.netc")]
    {
        assert_eq!(code(&[old, new]), Some(2), "{old} {new}");
        assert_eq!(code(&[old, new, "--node", "node1", "--format", "markdown"]), Some(2));
    }
    assert_eq!(code(&["old.netc", "missing.netc"]), Some(1));
    assert_eq!(code(&["missing", "old.netc"]), Some(1));
    assert_eq!(code(&["old", "new", "--node", "node9"]), Some(1));
    let run = test.run(&["plan", "new.netc", "--against", "old"]);
    assert_eq!((run.code, run.err.as_str()), (Some(2), ""));
    let run = test.run(&["plan", "old.netc", "--against", "old"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "no node changes\n"));
}

#[test]
fn a_folder_that_cannot_be_read_is_named() {
    let test = built();
    let said = |run: &Run| {
        assert_eq!(run.code, Some(1), "{run:?}");
        run.err.clone()
    };
    fs::create_dir(test.folder.path().join("empty")).unwrap();
    assert!(said(&test.run(&["diff", "empty", "old"])).contains("in `empty`"));
    let path = test.folder.path().join("old/node1/netlink.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"mtu\":1450", "\"mtu\":\"large\"", 1)).unwrap();
    let err = said(&test.run(&["diff", "old", "new"]));
    assert!(err.contains("E0705") && err.contains("old/node1/netlink.json"), "{err}");
    let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains("a whole number up to 4294967295"), "{err}");
}

#[test]
fn what_many_nodes_have_in_common_is_shown_once() {
    let run = test().run(&["diff", "old.netc", "new.netc"]);
    let headings: Vec<&str> = run.out.lines().filter(|line| line.starts_with("# ")).collect();
    assert_eq!(headings, ["# all 5 nodes", "# node4", "# node6 is new"]);
    assert_eq!(run.out.matches("+ ip route replace 10.244.6.0/24 ").count(), 1);
    let last = run.out.lines().next_back().unwrap();
    assert_eq!(last, "5 of 5 nodes change, 1 is new: 103 made, 5 changed");
}

#[test]
fn the_markdown_fits_a_comment() {
    let many = |replicas: usize| {
        let test = format!("pods web replicas {replicas} {{");
        OLD.replace("pods web replicas 3 on node1, node2, node3 {", &test)
    };
    let test = Test::new(&[("old.netc", &many(1)), ("new.netc", &many(400))]);
    let run = test.run(&["diff", "old.netc", "new.netc", "--format", "markdown"]);
    assert_eq!(run.code, Some(2));
    assert!((50_000..65_000).contains(&run.out.len()), "{}", run.out.len());
    assert!(run.out.contains("lines are left out"));
    assert_eq!(run.out.matches("<details>").count(), run.out.matches("</details>").count());
    assert_eq!(run.out.matches("```").count(), 2 * run.out.matches("<details>").count());
}

#[test]
fn the_json_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(&read("lang/changes.schema.json")).unwrap();
    for (old, new) in [("old.netc", "new.netc"), ("new.netc", "old.netc")] {
        let run = test().run(&["diff", old, new, "--format", "json"]);
        let value: Value = serde_json::from_str(&run.out).unwrap();
        assert!(run.out.contains("\"fate\""));
        check(&schema, &schema, &value).unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// Whether a value is as a schema says, as far as ours goes.
pub(crate) fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {value}"));
    for (word, says) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => {
                let place = says.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(place).unwrap(), value)?;
            }
            "const" if value != says => return wrong("another constant"),
            "enum" if !says.as_array().unwrap().contains(value) => return wrong("no such word"),
            "$schema" | "$defs" | "title" | "description" | "const" | "enum" => {}
            "type" => {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(number) if number.is_f64() => "number",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                if says != kind && !says.as_array().is_some_and(|all| all.contains(&kind.into())) {
                    return wrong(&format!("not of type {says}"));
                }
            }
            "oneOf" => {
                let all = says.as_array().unwrap().iter();
                if all.filter(|one| check(root, one, value).is_ok()).count() != 1 {
                    return wrong("none of several");
                }
            }
            "items" => {
                value.as_array().unwrap().iter().try_for_each(|one| check(root, says, one))?;
            }
            "required" => {
                let all = says.as_array().unwrap();
                if let Some(lacks) =
                    all.iter().find(|one| value.get(one.as_str().unwrap()).is_none())
                {
                    return wrong(&format!("lacks {lacks}"));
                }
            }
            "properties" => {
                for (name, says) in says.as_object().unwrap() {
                    value.get(name).map_or(Ok(()), |value| check(root, says, value))?;
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                let mut names = value.as_object().unwrap().keys();
                if let Some(more) = names.find(|name| !known.contains_key(*name)) {
                    return wrong(&format!("also has {more}"));
                }
            }
            word => panic!("this check knows no {word}"),
        }
    }
    Ok(())
}

#[test]
fn a_saved_plan_comes_back() {
    let test = test();
    let arguments = ["plan", "new.netc", "--against", "old.netc", "--out", "plan.json"];
    let run = test.run(&arguments);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("--node NAME"), "{}", run.err);
    let run = test.run(&[&arguments[..], &["--node", "node4"]].concat());
    assert_eq!(run.code, Some(2), "{}", run.err);
    let text = fs::read_to_string(test.folder.path().join("plan.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let plan = netc::form::read_saved(&value).unwrap();
    assert_eq!(plan.node, "node4");
    let flushes = plan.desired.iter().filter(|state| matches!(state, State::Flush(_)));
    assert_eq!(flushes.count(), 1);
    let none = netc_lang::Sources::default();
    assert_eq!(netc::form::saved(&plan, &none), value);
    let shown = netc::review::list(&plan.changes, &none);
    assert!(shown.contains("new.netc:3"), "{shown}");
    let spoiled: Value =
        serde_json::from_str(&text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    let fault = netc::form::read_saved(&spoiled).unwrap_err();
    assert_eq!(fault.to_string(), "expected 1 at /version");
}

/// A plan against something else is the same set of changes, in every form.
#[test]
fn a_plan_against_something_else_is_a_diff() {
    let test = test();
    for format in ["text", "short", "json", "markdown"] {
        let plan = test.run(&["plan", "new.netc", "--against", "old.netc", "--format", format]);
        let diff = test.run(&["diff", "old.netc", "new.netc", "--format", format]);
        assert_eq!((plan.code, plan.out), (Some(2), diff.out), "{format}");
    }
    let run = test.run(&["plan", "new.netc", "--node", "node1", "--format", "markdown"]);
    assert!(run.out.starts_with("```text\n# node1 ") && run.out.ends_with("```\n"), "{}", run.out);
}
