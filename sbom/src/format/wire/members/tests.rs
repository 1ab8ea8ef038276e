use super::*;

#[test]
fn an_outline_is_what_serde_finds() {
    const NAMES: Names = Names { required: &["a"], optional: &["b", "c"], spared: &["c"] };
    let outlined = [
        r#"{"a":1}"#,
        "\t{ \"x\" : [1, {\"a\": \"]\"}] ,\r\n\"\\u0061\":[\"}\\\"\"] , \"b\": {} }\n",
        r#"{"a":null,"c":["é"],"b":"x"}"#,
    ];
    let refused = [
        "",
        "{",
        "{}",
        "[]",
        r#"{"b":1}"#,
        r#"{"a":1"#,
        r#"{"a":1}x"#,
        r#"{"a":1,}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,"x":[1 2]}"#,
        r#"{"a":1,"c":[}}"#,
        r#"{a:1}"#,
        r#"{"a":1 "b":2}"#,
        "{\"a\":1,\"x\":nul}",
    ];
    for text in outlined {
        let members = Members::of_text("", text, NAMES).unwrap();
        assert!(members.finish().is_ok(), "{text}");
        assert!(Source { format: "", text }.parse_seed(Wanted(NAMES)).is_ok(), "{text}");
    }
    for text in refused {
        let done = Members::of_text("", text, NAMES).and_then(|members| members.finish());
        let expected = Source { format: "", text }.parse_seed(Wanted(NAMES)).unwrap_err();
        assert_eq!(done.unwrap_err().to_string(), expected.to_string(), "{text}");
    }
}

struct EachNumber;

impl Record for EachNumber {
    type Of<'e> = u32;
}

#[test]
fn an_array_is_read_wherever_it_stands_and_as_often_as_it_is_asked_for() {
    const NAMES: Names = Names { required: &["a", "b"], optional: &[], spared: &[] };
    for text in [r#"{"a":[1,2],"b":[ ]}"#, r#"{ "b" : [],"x":[3], "a" : [ 1 , 2 ] }"#] {
        let members = Members::of_text("", text, NAMES).unwrap();
        let numbers = |name| {
            let mut numbers = Vec::new();
            let done = members.each::<EachNumber>(name, |_, number| {
                numbers.push(number);
                Ok(())
            });
            done.map(|()| numbers).unwrap()
        };
        assert_eq!((numbers("a"), numbers("b"), numbers("a")), (vec![1, 2], vec![], vec![1, 2]), "{text}");
        assert!(members.finish().is_ok());
    }
    for text in [
        r#"{"a":[1 2],"b":[]}"#,
        r#"{"a":[1,],"b":[]}"#,
        r#"{"a":[1,2"#,
        r#"{"a":[1]"#,
        r#"{"a":["x"],"b":[]}"#,
        r#"{"a":[1],"a":[],"b":[]}"#,
        r#"{"a":[1]}"#,
        r#"{"a":[,1],"b":[]}"#,
        r#"{"a":[1}],"b":[]}"#,
        r#"{"a":[1]]"#,
    ] {
        let members = Members::of_text("", text, NAMES).unwrap();
        let done = members.each::<EachNumber>("a", |_, _| Ok(())).and_then(|()| members.finish());
        assert!(matches!(done, Err(DocumentError::Malformed { .. })), "{text}: {done:?}");
    }
}

#[test]
fn a_value_ends_where_it_ends_however_its_bytes_arrive() {
    for (text, length) in [
        (r#"{"a}\"":[1,{}]} ,"#, 15),
        (r#""\\",1"#, 4),
        ("12.5e3,", 6),
        ("null}", 4),
        ("[[],[\"]\"]]]", 10),
        (",", 0),
    ] {
        for step in 1..=text.len() {
            let mut extent = Extent::default();
            let mut total = 0;
            for part in text.as_bytes().chunks(step) {
                let (n_bytes, is_whole) = extent.go_on(part);
                total += n_bytes;
                if is_whole {
                    break;
                }
            }
            assert_eq!(total, length, "{text} by {step}");
        }
    }
}
