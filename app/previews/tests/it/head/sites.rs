//! Pages in the manner of what is linked to most.

use super::check;

#[test]
fn a_newspaper_says_everything_several_times() {
    check(
        "newspaper",
        r#"<!DOCTYPE html>
<html lang="en-GB" prefix="og: https://ogp.me/ns#" class="no-js">
<head>
  <meta charset="utf-8"><meta http-equiv="X-UA-Compatible" content="IE=edge">
  <title>Tea prices fall for third month | Business | The Paper</title>
  <meta name="description" content="Prices of leaf tea fell again in October.">
  <link rel="preload" as="font" href="/fonts/a.woff2" crossorigin>
  <script>window.config={"page":{"og:title":"not this"}};if(1<2){document.write("<meta>")}</script>
  <style>.a>.b{content:"<title>no</title>"}</style>
  <script type="application/ld+json">[{"@context":"http://schema.org","@type":"NewsArticle",
   "headline":"Tea prices fall","image":["https://i.paper.example/ld.jpg"],
   "publisher":{"@type":"Organization","name":"The Paper"}}]</script>
  <meta property="og:url" content="https://paper.example/business/tea">
  <meta property="og:title" content="Tea prices fall for third month">
  <meta property="og:description" content="Growers &quot;deeply worried&quot; &ndash; exports at a low">
  <meta property="og:image" content="https://i.paper.example/master/1.jpg?width=1200&amp;height=630&amp;quality=85">
  <meta property="og:image:width" content="1200"><meta property="og:image:height" content="630">
  <meta property="og:site_name" content="The Paper"><meta property="og:type" content="article">
  <meta property="article:author" content="https://paper.example/profile/ben">
  <meta name="twitter:card" content="summary_large_image">
  <meta name="twitter:title" content="Tea prices fall (Twitter)">
  <meta name="twitter:image" content="https://i.paper.example/twitter.jpg">
  <link rel="apple-touch-icon" sizes="152x152" href="/i/152.png">
  <link rel="apple-touch-icon" sizes="72x72" href="/i/72.png">
  <link rel="icon" href="/i/32.ico" type="image/x-icon">
</head><body><h1>Tea</h1></body></html>"#,
        "title: Tea prices fall for third month
         text: Growers \"deeply worried\" – exports at a low
         site: The Paper
         image: https://i.paper.example/master/1.jpg?width=1200&height=630&quality=85
         image: https://i.paper.example/twitter.jpg
         image: https://i.paper.example/ld.jpg
         icon: https://site.example/i/152.png",
    );
}

#[test]
fn a_code_host() {
    check(
        "code host",
        r##"<!DOCTYPE html><html lang="en" data-color-mode="auto" data-a11y-animated-images="system"
  >
  <head>
    <meta charset="utf-8">
  <link rel="dns-prefetch" href="https://assets.code.example">
  <link crossorigin="anonymous" media="all" rel="stylesheet" href="https://assets.code.example/light.css" />
  <title>ana/teahouse: A place to talk. · Code</title>
  <meta name="route-pattern" content="/:user_id/:repository" data-turbo-transient>
  <meta name="description" content="A place to talk. Contribute to ana/teahouse development by creating an account.">
  <link rel="search" type="application/opensearchdescription+xml" href="/opensearch.xml" title="Code">
  <link rel="fluid-icon" href="https://code.example/fluidicon.png" title="Code">
    <meta name="twitter:image" content="https://og.code.example/1f/ana/teahouse" /><meta name="twitter:site" content="@code" /><meta name="twitter:card" content="summary_large_image" /><meta name="twitter:title" content="GitX - ana/teahouse: A place to talk." /><meta name="twitter:description" content="A place to talk." />
  <meta property="og:image" content="https://og.code.example/1f/ana/teahouse" /><meta property="og:image:alt" content="A place to talk." /><meta property="og:site_name" content="Code" /><meta property="og:type" content="object" /><meta property="og:title" content="ana/teahouse: A place to talk." /><meta property="og:url" content="https://code.example/ana/teahouse" /><meta property="og:description" content="A place to talk. Contribute to ana/teahouse." />
  <meta name="hostname" content="code.example">
  <link rel="mask-icon" href="https://assets.code.example/pinned.svg" color="#000000">
  <link rel="alternate icon" class="js-site-favicon" type="image/png" href="https://assets.code.example/favicon.png">
  <link rel="icon" class="js-site-favicon" type="image/svg+xml" href="https://assets.code.example/favicon.svg">
  </head>
  <body class="logged-out"></body></html>"##,
        "title: ana/teahouse: A place to talk.
         text: A place to talk. Contribute to ana/teahouse.
         site: Code
         image: https://og.code.example/1f/ana/teahouse
         icon: https://assets.code.example/favicon.png",
    );
}

#[test]
fn a_video_site_with_oembed() {
    check(
        "video",
        r#"<!DOCTYPE html><html style="font-size: 10px;" lang="en"><head><script nonce="x">var a = {"b":"\x3c/script>"};</script>
<link rel="icon" href="https://video.example/s/favicon_32x32.png" sizes="32x32"><link rel="icon" href="https://video.example/s/favicon_144x144.png" sizes="144x144"><title>How to brew - Video</title><meta name="title" content="How to brew"><meta name="description" content="Three minutes &amp;amp; done"><link rel="alternate" type="application/json+oembed" href="https://video.example/oembed?format=json&amp;url=https%3A%2F%2Fvideo.example%2Fwatch%3Fv%3D1" title="How to brew"><link rel="alternate" type="text/xml+oembed" href="https://video.example/oembed?format=xml"><meta property="og:site_name" content="Video"><meta property="og:title" content="How to brew"><meta property="og:image" content="https://i.video.example/vi/1/maxres.jpg"><meta property="og:video:url" content="https://video.example/embed/1"></head><body></body></html>"#,
        "title: How to brew
         text: Three minutes &amp; done
         site: Video
         image: https://i.video.example/vi/1/maxres.jpg
         oembed: https://video.example/oembed?format=json&url=https%3A%2F%2Fvideo.example%2Fwatch%3Fv%3D1
         icon: https://video.example/s/favicon_144x144.png",
    );
}

#[test]
fn a_blog_with_a_plugin_for_search_engines() {
    check(
        "blog",
        r#"<!doctype html>
<html lang="en-US" class="no-js">
<head><meta charset="UTF-8" /><meta name='robots' content='index, follow, max-image-preview:large' />
	<!-- This site is optimized with a plugin - https://plugin.example/ -->
	<title>Ten teas you&#8217;ll love - The Kettle</title>
	<link rel="canonical" href="https://kettle.example/ten-teas/" />
	<meta property="og:locale" content="en_US" />
	<meta property="og:title" content="Ten teas you&#8217;ll love - The Kettle" />
	<meta property="og:description" content="We tried forty. Here are the ten [&hellip;]" />
	<meta property="og:site_name" content="The Kettle" />
	<meta property="og:image" content="https://kettle.example/wp-content/uploads/2026/10/ten-1024x683.jpg" />
	<meta name="twitter:label1" content="Written by" /><meta name="twitter:data1" content="Ana" />
	<script type="application/ld+json" class="yoast-schema-graph">{"@context":"https://schema.org","@graph":[{"@type":"WebPage","@id":"https://kettle.example/ten-teas/","name":"Ten teas","thumbnailUrl":"https://kettle.example/thumb.jpg"},{"@type":"WebSite","name":"The Kettle"}]}</script>
<link rel="alternate" title="oEmbed (JSON)" type="application/json+oembed" href="https://kettle.example/wp-json/oembed/1.0/embed?url=https%3A%2F%2Fkettle.example%2Ften-teas%2F" />
<link rel="icon" href="https://kettle.example/cropped-32x32.png" sizes="32x32" />
<link rel="icon" href="https://kettle.example/cropped-192x192.png" sizes="192x192" />
<link rel="apple-touch-icon" href="https://kettle.example/cropped-180x180.png" />
</head>
<body class="post-template">"#,
        "title: Ten teas you’ll love - The Kettle
         text: We tried forty. Here are the ten […]
         site: The Kettle
         image: https://kettle.example/wp-content/uploads/2026/10/ten-1024x683.jpg
         image: https://kettle.example/thumb.jpg
         oembed: https://kettle.example/wp-json/oembed/1.0/embed?url=https%3A%2F%2Fkettle.example%2Ften-teas%2F
         icon: https://kettle.example/cropped-192x192.png",
    );
}

#[test]
fn a_page_made_by_a_script_framework() {
    check(
        "essay",
        r##"<!doctype html><html lang="en"><head><title data-rh="true">The quiet hour. I drink tea… | by Ben | Oct, 2026 | Essays</title><meta data-rh="true" charset="utf-8"/><meta data-rh="true" name="theme-color" content="#000000"/><meta data-rh="true" property="al:android:app_name" content="Essays"/><meta data-rh="true" property="og:type" content="article"/><meta data-rh="true" property="og:title" content="The quiet hour"/><meta data-rh="true" property="twitter:title" content="The quiet hour"/><meta data-rh="true" property="og:description" content="I drink tea at four. So should you."/><meta data-rh="true" property="og:image" content="https://miro.essays.example/v2/resize:fit:1200/1*a.jpeg"/><meta data-rh="true" name="twitter:image:src" content="https://miro.essays.example/v2/resize:fit:1200/1*a.jpeg"/><link data-rh="true" rel="icon" href="https://miro.essays.example/m2"/></head><body>"##,
        "title: The quiet hour
         text: I drink tea at four. So should you.
         image: https://miro.essays.example/v2/resize:fit:1200/1*a.jpeg
         icon: https://miro.essays.example/m2",
    );
}

#[test]
fn an_encyclopedia() {
    check(
        "encyclopedia",
        r#"<!DOCTYPE html>
<html class="client-nojs" lang="en" dir="ltr">
<head>
<meta charset="UTF-8">
<title>Tea - Encyclopedia</title>
<script>(function(){var className="client-js";}());RLCONF={"wgTitle":"Tea"};</script>
<meta name="ResourceLoaderDynamicStyles" content="">
<meta property="og:image" content="https://upload.encyclopedia.example/1200px-Tea.jpg">
<meta property="og:image:width" content="1200">
<meta property="og:image" content="https://upload.encyclopedia.example/800px-Tea.jpg">
<meta property="og:title" content="Tea - Encyclopedia">
<link rel="apple-touch-icon" href="/static/apple-touch/encyclopedia.png">
<link rel="icon" href="/static/favicon/encyclopedia.ico">
</head>
<body>"#,
        "title: Tea - Encyclopedia
         image: https://upload.encyclopedia.example/1200px-Tea.jpg
         image: https://upload.encyclopedia.example/800px-Tea.jpg
         icon: https://site.example/static/apple-touch/encyclopedia.png",
    );
}

#[test]
fn a_shop_tells_machines_only() {
    check(
        "shop",
        r#"<html><head><title>Pot, cast iron, 1.2 l : Kitchen</title>
<script type="application/ld+json">{"@context":"https://schema.org/","@type":"Product","name":"Pot, cast iron","image":["/img/1.jpg","/img/2.jpg"],"description":"Holds 1.2&nbsp;l","brand":{"@type":"Brand","name":"Iron"},"offers":{"price":"49.00"}}</script>
<script type="application/ld+json">{"@type":"BreadcrumbList","name":"Home"}</script>
<script type="text/javascript" src="/app.js"></script></head><body>"#,
        "title: Pot, cast iron
         text: Holds 1.2 l
         image: https://site.example/img/1.jpg
         image: https://site.example/img/2.jpg",
    );
}

#[test]
fn a_bookshop_has_pictures_of_books() {
    check(
        "book",
        r#"<head prefix="og: http://ogp.me/ns# book: http://ogp.me/ns/book#">
<meta content='books.book' property='og:type'><meta content='The Book of Tea' property='og:title'>
<meta content='1906' property='book:release_date'><meta content='978-0' property='book:isbn'>
<meta content='https://books.example/b.jpg' property='og:image'><title>The Book of Tea by K. Okakura</title></head>"#,
        "title: The Book of Tea
         image: https://books.example/b.jpg",
    );
}

#[test]
fn a_micro_blog() {
    check(
        "micro blog",
        r#"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta content='width=device-width, initial-scale=1' name='viewport'>
<link href='/favicon.ico' rel='icon' type='image/x-icon'>
<link href='/packs/favicon-16x16.png' rel='icon' sizes='16x16' type='image/png'>
<link href='/packs/favicon-48x48.png' rel='icon' sizes='48x48' type='image/png'>
<link href='/packs/apple-touch-icon-1024x1024.png' rel='apple-touch-icon' sizes='1024x1024'>
<title>Ana: &quot;Tea at five? 🍵&quot; - Town</title>
<link href='https://town.example/api/oembed?format=json&amp;url=x' rel='alternate' type='application/json+oembed'>
<meta content="Town" property="og:site_name"><meta content="article" property="og:type">
<meta content="Ana (@ana@town.example)" property="og:title">
<meta content="Tea at five? 🍵

#tea" property="og:description"><meta content="https://town.example/avatars/ana.png" property="og:image">
<meta content="summary" property="twitter:card"></head>"#,
        "title: Ana (@ana@town.example)
         text: Tea at five? 🍵 #tea
         site: Town
         image: https://town.example/avatars/ana.png
         oembed: https://town.example/api/oembed?format=json&url=x
         icon: https://site.example/packs/apple-touch-icon-1024x1024.png",
    );
}

#[test]
fn pages_with_little_to_say() {
    check(
        "old",
        "<HTML><HEAD><TITLE>Ana's Tea Page</TITLE></HEAD><BODY BGCOLOR=WHITE>",
        "title: Ana's Tea Page",
    );
    check(
        "docs",
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="generator" content="rustdoc"><meta name="description" content="Tea. In Rust."><title>tea - Rust</title><script>if(window.location.protocol!=="file:")document.head.insertAdjacentHTML("beforeend","x")</script><link rel="alternate icon" type="image/png" href="../static.files/favicon-32x32.png"><link rel="icon" type="image/svg+xml" href="../static.files/favicon.svg"></head><body class="rustdoc mod">"#,
        "title: tea - Rust
        text: Tea. In Rust.
        icon: https://site.example/static.files/favicon-32x32.png",
    );
    check(
        "application",
        r#"<!doctype html><html><head><meta charset="utf-8"/><meta name="application-name" content="Board"/><link rel="shortcut icon" href="data:image/png;base64,iVBORw0KGgo="/><title></title></head><body><div id="root"></div>"#,
        "site: Board",
    );
    check(
        "challenge",
        r#"<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta http-equiv="refresh" content="390"></head>"#,
        "title: Just a moment...",
    );
    check(
        "forum",
        r#"<head><link rel="image_src" href="http://forum.example/logo.gif"><title>[SOLVED] kettle won't boil &bull; Forum</title></head>"#,
        "title: [SOLVED] kettle won't boil • Forum
        image: http://forum.example/logo.gif",
    );
    check(
        "microdata",
        r#"<html itemscope itemtype="http://schema.org/WebPage"><head><meta content="Search the tea" name="description"><meta content="/images/tea.png" itemprop="image"><title>Tea</title>"#,
        "title: Tea
        text: Search the tea
        image: https://site.example/images/tea.png",
    );
    check("empty", "", "");
    check("text", "Just some text, no markup at all.", "");
}
