//! The portal's files: what is served where, under which headers.

use crate::site::{Ask, Site};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// What `attribute="…"` of the page says, each time.
fn named<'t>(page: &'t str, attribute: &str) -> Vec<&'t str> {
    let start = format!("{attribute}=\"");
    let after = page.split(start.as_str()).skip(1);
    after.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn given_any_path_when_a_browser_asks_for_a_page_then_it_is_the_portal() {
    let site = Site::new().await;
    for path in ["/", "/reservations", "/reservations/4711/history?at=3"] {
        let page = Ask::get(path).anonymous().header("accept", HTML);
        let reply = site.call(page).await.expect(200);
        assert!(reply.header("content-type").starts_with("text/html"));
        assert_eq!(reply.header("cache-control"), "no-cache");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!reply.text.contains("<style"), "{}", reply.text);
        for script in reply.text.split("<script").skip(1) {
            assert!(script.contains("src=\"/"), "an inline script");
        }
    }
    // Who asks for anything else is told that it is not there.
    for (path, accept) in [
        ("/reservations", "application/json"),
        ("/OpenPEX/nothing", HTML),
        ("/OpenPEX", HTML),
    ] {
        let ask = Ask::get(path).anonymous().header("accept", accept);
        let reply = site.call(ask).await;
        reply.expect_problem(404, "unknown_route");
    }
    let reply = site.call(Ask::post("/").anonymous()).await;
    reply.expect_problem(404, "unknown_route");
}

#[tokio::test]
async fn given_the_page_when_it_names_files_then_they_are_there_and_kept_for_ever() {
    let site = Site::new().await;
    let page = site.call(Ask::get("/").anonymous()).await.expect(200).text;
    let files = [named(&page, "src"), named(&page, "href")].concat();
    assert!(files.iter().any(|file| file.ends_with(".js")), "{files:?}");
    assert!(files.iter().any(|file| file.ends_with(".css")), "{files:?}");
    for file in files {
        let reply = site.call(Ask::get(file).anonymous()).await.expect(200);
        let (kept, etag) = (reply.header("cache-control"), reply.header("etag"));
        let for_ever = "public, max-age=31536000, immutable";
        assert_eq!(kept == for_ever, file.starts_with("/assets/"), "{file}");
        let again = Ask::get(file).anonymous();
        let again = again.header("if-none-match", etag);
        assert!(site.call(again).await.expect(304).text.is_empty());
        let kind = reply.header("content-type");
        let expected = match file.rsplit('.').next() {
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            _ => "image/svg+xml",
        };
        assert!(kind.starts_with(expected), "{file}: {kind}");
    }
    let gone = site.call(Ask::get("/assets/gone.js").anonymous()).await;
    gone.expect_problem(404, "unknown_route");
}
