//! The many ways of writing the same, and of getting it wrong.

use super::check;

#[test]
fn attributes_stand_in_any_order_and_quotes() {
    for (name, tag) in [
        ("plain", r#"<meta property="og:title" content="Tea">"#),
        ("swapped", r#"<meta content="Tea" property="og:title">"#),
        ("single quotes", "<meta property='og:title' content='Tea'>"),
        ("no quotes", "<meta property=og:title content=Tea>"),
        ("no quotes, closed", "<meta content=Tea property=og:title />"),
        ("mixed quotes", r#"<meta property='og:title' content="Tea"/>"#),
        ("upper case", r#"<META PROPERTY="OG:TITLE" CONTENT="Tea">"#),
        ("by name", r#"<meta name="og:title" content="Tea">"#),
        (
            "extra attributes",
            r#"<meta data-a="<b>" id=x property="og:title" class content="Tea" hidden>"#,
        ),
        ("spaces around", "<meta\n\tproperty = \"og:title\"\n\tcontent = \"Tea\"\n>"),
        ("spaces within", r#"<meta property=" og:title " content="  Tea&#10; ">"#),
        ("no spaces", r#"<meta property="og:title"content="Tea">"#),
        ("slashes", r#"<meta/property="og:title"/content="Tea"/>"#),
        ("twice the attribute", r#"<meta property="og:title" content="Tea" content="Milk">"#),
        ("several keys", r#"<meta property="twitter:title og:title" content="Tea">"#),
        ("both attributes", r#"<meta name="x" property="og:title" content="Tea">"#),
        ("an end tag", r#"<meta property="og:title" content="Tea"></meta>"#),
    ] {
        check(name, &format!("<head><title>no</title>{tag}</head>"), "title: Tea");
    }
}

#[test]
fn one_tag_may_speak_for_two() {
    check(
        "name and property",
        r#"<meta name="description" property="og:description" content="Leaf">"#,
        "text: Leaf",
    );
    check(
        "plain counts less",
        r#"<meta name=description content=Plain><meta name="twitter:description" content=Bird>"#,
        "text: Bird",
    );
}

#[test]
fn the_first_that_says_something_counts() {
    check(
        "empty ones",
        r#"<meta property="og:title"><meta property="og:title" content=""><meta property="og:title"
           content=" "><meta property="og:title" content="First"><meta property="og:title" content="Second">
           <meta property="og:image" content=""><meta property="og:image" content=" /a.png ">"#,
        "title: First
         image: https://site.example/a.png",
    );
    check(
        "titles",
        r#"<title>Title</title><title>Other</title><meta name="twitter:title" content="Bird">"#,
        "title: Bird",
    );
    check(
        "linked data",
        r#"<title>Title</title><script type="application/ld+json">{"headline":"Line"}</script>"#,
        "title: Line",
    );
    check(
        "two titles",
        "<title></title><title> </title><title>Tea</title><title>x</title>",
        "title: Tea",
    );
}

#[test]
fn entities_are_decoded_once() {
    check(
        "named",
        "<title>Caf&eacute; &amp; Th&eacute; &lt;3 &copy;</title>",
        "title: Café & Thé <3 ©",
    );
    check("numeric", "<title>&#84;&#x65;&#X61; &#x1F375;</title>", "title: Tea 🍵");
    check("windows", "<title>Tea&#146;s &#150; &#0;x</title>", "title: Tea’s – \u{FFFD}x");
    check("twice", "<title>Tea &amp;amp; milk &amp;quot;</title>", "title: Tea &amp; milk &quot;");
    check(
        "without an end",
        "<title>Tea &amp milk &copy 2026 &nosuch; &</title>",
        "title: Tea & milk © 2026 &nosuch; &",
    );
    check("two letters", "<title>&NotEqualTilde;&bne;</title>", "title: ≂̸=⃥");
    check(
        "in attributes",
        r#"<meta property="og:title" content="&quot;Tea&quot; &apos;&#39;"><meta property="og:image" content="/i?a=1&amp;b=2&copy=3&lt;">"#,
        "title: \"Tea\" ''
         image: https://site.example/i?a=1&b=2&copy=3%3C",
    );
}

#[test]
fn addresses_become_absolute() {
    let image = |address: &str| format!(r#"<meta property="og:image" content="{address}">"#);
    for (address, expected) in [
        ("pot.png", "https://site.example/a/pot.png"),
        ("./pot.png", "https://site.example/a/pot.png"),
        ("../pot.png", "https://site.example/pot.png"),
        ("/pot.png", "https://site.example/pot.png"),
        ("//cdn.example/pot.png", "https://cdn.example/pot.png"),
        ("?pot", "https://site.example/a/page?pot"),
        ("http://cdn.example/pot.png", "http://cdn.example/pot.png"),
        ("HTTPS://CDN.Example/pot one.png", "https://cdn.example/pot%20one.png"),
        ("\n https://cdn.example/\npot.png ", "https://cdn.example/pot.png"),
        ("https:/cdn.example/pot.png", "https://site.example/cdn.example/pot.png"),
    ] {
        check(address, &image(address), &format!("image: {expected}"));
    }
    for nowhere in [
        "data:image/png;base64,iVBO",
        "javascript:alert(1)",
        "blob:https://a.example/1",
        "file:///etc/passwd",
        "about:blank",
        "https://",
        "http://[::1",
        "ftp://cdn.example/a.png",
    ] {
        check(nowhere, &image(nowhere), "");
    }
}

#[test]
fn a_base_moves_relative_addresses() {
    check(
        "base",
        r#"<base href="/b/"><base href="/c/"><meta property="og:image" content="pot.png">
           <link rel=icon href=icon.png><link rel=alternate type=application/json+oembed href=o.json>"#,
        "image: https://site.example/b/pot.png
         oembed: https://site.example/b/o.json
         icon: https://site.example/b/icon.png",
    );
    check(
        "a base later, elsewhere",
        r#"<meta property="og:image" content="pot.png"><base target=_top><base href="//cdn.example/x/y">"#,
        "image: https://cdn.example/x/pot.png",
    );
    check(
        "a base of no use",
        r#"<base href="javascript:alert(1)"><meta property="og:image" content="pot.png">"#,
        "image: https://site.example/a/pot.png",
    );
}

#[test]
fn several_pictures_stand_in_order() {
    check(
        "pictures",
        r#"<meta name="twitter:image" content="/t.png"><meta property="og:image:url" content="/1.png">
           <meta property="og:image:secure_url" content="/2.png"><meta property="og:image" content="/1.png">
           <meta property="og:image" content="data:image/gif;base64,R0lGOD"><meta property="og:image:alt" content="/no">"#,
        "image: https://site.example/1.png
         image: https://site.example/2.png
         image: https://site.example/t.png",
    );
}

#[test]
fn the_largest_icon_counts() {
    for (name, tags, expected) in [
        (
            "sizes",
            "<link rel=icon href=a sizes=16x16><link rel=icon href=b sizes='32x32 64X64'><link rel=icon href=c sizes=48x48>",
            "b",
        ),
        ("shortcut", "<link rel='SHORTCUT ICON' href=a.ico><link rel=icon href=b.png>", "b.png"),
        ("ico alone", "<link rel='shortcut icon' href=/favicon.ico>", "../favicon.ico"),
        (
            "phone",
            "<link rel=icon href=a sizes=32x32><link rel=apple-touch-icon-precomposed href=b>",
            "b",
        ),
        ("any", "<link rel=icon href=a.png><link rel=icon href=b.svg sizes=any>", "a.png"),
        (
            "odd sizes",
            "<link rel=icon href=a sizes=16><link rel=icon href=b sizes=-1x5><link rel=icon href=c sizes=9999999999x1><link rel=icon href=d sizes=2x2>",
            "d",
        ),
    ] {
        let icon = super::page().join(expected).expect("it is a URL");
        check(name, tags, &format!("icon: {icon}"));
    }
    check(
        "none",
        "<link rel=mask-icon href=a><link rel=stylesheet href=b><link rel=icon><link href=c>",
        "",
    );
}

#[test]
fn what_is_no_head_is_read_as_one() {
    check("no head", "<title>Tea</title><p>Text", "title: Tea");
    check(
        "no html",
        r#"<meta name=description content=Leaf><body><title>no</title>"#,
        "text: Leaf",
    );
    check("body first", "<body><head><title>Tea</title></head>", "");
    check("after the head", "<head></head><title>Tea</title><body>", "title: Tea");
    check(
        "enough at the end of the head",
        "<head><title>Tea</title></head><meta name=description content=no>",
        "title: Tea",
    );
    check("head twice", "<head></head><head><title>Tea</title></head>", "title: Tea");
    check(
        "feed",
        r#"<?xml version="1.0"?><rss><channel><title>Tea news</title></channel></rss>"#,
        "title: Tea news",
    );
    check(
        "xhtml",
        r#"<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>Tea</title><link rel="icon" href="/i.png"/></head>"#,
        "title: Tea
        icon: https://site.example/i.png",
    );
}

#[test]
fn what_browsers_do_not_see_is_not_read() {
    check(
        "comment",
        "<!-- <title>no</title> --><title>Tea</title><!-- <meta name=description content=no> -->",
        "title: Tea",
    );
    check(
        "condition",
        "<!--[if IE]><title>no</title><![endif]--><![if !IE]><title>Tea</title><![endif]>",
        "title: Tea",
    );
    check("odd comments", "<!--><title>Tea</title><!---><!-->--><!x><?y?></z>", "title: Tea");
    check(
        "noscript",
        "<noscript><meta property=og:title content=no></noscript><title>Tea</title>",
        "title: Tea",
    );
    check("script", "<script>'<title>no</title>'</script><title>Tea</title>", "title: Tea");
    check("style", "<style><title>no</title></style><title>Tea</title>", "title: Tea");
    check("textarea", "<textarea><title>no</title></textarea><title>Tea</title>", "title: Tea");
    check(
        "template of script",
        "<script type=text/template><title>no</title></script><title>Tea</title>",
        "title: Tea",
    );
    check("svg", "<svg><title>no</title></svg><title>Tea</title>", "title: Tea");
    check("markup in a title", "<title>Tea <b>bold</b></title>", "title: Tea <b>bold</b>");
    check("text after an empty title", "<title></title>text<meta charset=utf-8>", "");
}

#[test]
fn broken_markup_gives_what_can_be_had() {
    check(
        "open title",
        "<meta name=description content=Leaf><title>Tea",
        "title: Tea
        text: Leaf",
    );
    check("cut tag", r#"<title>Tea</title><meta property="og:title" content="cut"#, "title: Tea");
    check(
        "open quote",
        r#"<title>Tea</title><meta content="x><meta property='og:title' content='no'>"#,
        "title: Tea",
    );
    check(
        "tag in a tag",
        r#"<meta name=description <meta property=og:title content=Tea>"#,
        "title: Tea
        text: Tea",
    );
    check("quotes too many", r#"<meta property="og:title"" content="Tea"">"#, "title: Tea");
    check("zero bytes", "<ti\0tle>no</title><title>T\0ea\0</title>", "title: Tea");
    check("cdata", "<title><![CDATA[Tea]]></title>", "title: <![CDATA[Tea]]>");
    check(
        "open comment",
        "<title>Tea</title><!-- <meta name=description content=no>",
        "title: Tea",
    );
    check("less-than", "<title>1 < 2 <3 </ title></title>", "title: 1 < 2 <3 </ title>");
    check("end tags only", "</head></title></html></p><title>Tea</title>", "title: Tea");
    check(
        "bad linked data",
        "<script type=application/ld+json>{\"headline\":</script><title>Tea</title>",
        "title: Tea",
    );
    check("self-closing title", "<title/>Tea</title>", "title: Tea");
}

#[test]
fn texts_are_cut_and_cleaned() {
    let long = format!("<title>{}</title>", "tea ".repeat(1_000));
    check("long", &long, &format!("title: {}tea…", "tea ".repeat(49)));
    let entities = format!("<meta name=description content='{}'>", "&#x8336;".repeat(4_000));
    check("long in entities", &entities, &format!("text: {}…", "茶".repeat(299)));
    check("direction", "<title>\u{202E}Tea\u{2066} &#x202E;&rlm;</title>", "title: Tea \u{200F}");
    check("controls", "<title>T&#7;e\u{1}a\u{85}x&#x7f;</title>", "title: Tea x");
}
