//! The OpenAPI document in the tree is the one that the service gives out, and its page loads nothing from elsewhere.

use crate::chain::Network;
use crate::in_checkout;

#[test]
fn the_document_in_the_tree_is_that_of_the_routes() {
    let path = in_checkout("schema/openapi/validator-api.json");
    let document = nym_validator_api::openapi_document();
    if std::env::var("SCHEMA").is_ok_and(|mode| mode == "overwrite") {
        std::fs::write(&path, &document).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert_eq!(recorded, document, "routes changed: run the test with SCHEMA=overwrite and review the difference");
}

#[test]
fn every_route_of_the_document_says_what_it_does_and_what_it_answers() {
    let document: serde_json::Value = serde_json::from_str(&nym_validator_api::openapi_document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(
                operation["responses"]["200"]["content"].is_object(),
                "{method} {path} does not say what it answers"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_loads_nothing_from_elsewhere() {
    let network = Network::start().await;
    let page = network.text("/docs/").await;

    // Whatever the page and its scripts and styles load is named by the API itself.
    let mut loaded = vec!["/docs/".to_owned()];
    for attribute in ["src=\"", "href=\""] {
        for rest in page.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap();
            assert!(!target.contains("//"), "the page loads {target}");
            if !target.starts_with("data:") {
                loaded.push(format!("/docs/{}", target.trim_start_matches("./")));
            }
        }
    }
    assert!(loaded.len() > 3, "the page loads its scripts and styles: {loaded:?}");
    for path in &loaded {
        let text = network.text(path).await;
        for loader in ["@import url(http", "@import \"http", "src=\"http", "importScripts(\"http"] {
            assert!(!text.contains(loader), "{path} has {loader}");
        }
    }
    network.stop().await;
}
