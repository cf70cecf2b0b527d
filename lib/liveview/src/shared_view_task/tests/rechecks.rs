//! Who may look changes while they look.

use super::*;

const HEARTBEAT: &str = r#"[null,"99","phoenix","heartbeat",{}]"#;

impl Viewer {
    /// What came since `from`, once the server has answered something sent now.
    async fn since(&self, from: usize) -> Vec<Value> {
        let heartbeat: Value = serde_json::from_str(HEARTBEAT).unwrap();
        let answers = |messages: &[Value]| messages.iter().filter(|it| it[1] == "99").count();
        let before = answers(&self.messages());
        self.send(&heartbeat);
        let messages = self.until(|messages| answers(messages) > before).await;
        messages[from..].iter().filter(|it| it[1] != "99").cloned().collect()
    }
}

#[tokio::test]
async fn who_may_not_look_any_longer_gets_not_one_frame_more() {
    let hall = Hall::new();
    let (ana, mallory) = (hall.viewer_as("Ana").await, hall.viewer_as("Mallory").await);
    let tab = hall.viewer_as("Mallory").await;
    hall.world.tell(Chalk::Write(1)).await;
    for viewer in [&ana, &mallory, &tab] {
        viewer.until(|messages| messages.len() == 2).await;
    }
    hall.world.ban("Mallory");
    hall.world.tell(Chalk::Recheck(Some(2))).await;
    hall.world.tell(Chalk::Write(3)).await;
    let seen = ana.until(|messages| messages.len() == 4).await;
    assert!(seen[1..].iter().all(|message| message[3] == "diff"), "she notices nothing: {seen:?}");
    assert_eq!(ana.screen().lines, ["l-1", "l-2", "l-3"]);
    for hostile in [&mallory, &tab] {
        let ends = hostile.since(2).await;
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!((&ends[0][0], &ends[0][3]), (&json!("4"), &json!("phx_error")));
        hostile.send(&hall.join_frame("7"));
        let refused = hostile.until(|messages| messages.last().unwrap()[1] == "7").await;
        assert_eq!(refused.last().unwrap()[4]["response"]["status"], 403);
    }
    hall.world.tell(Chalk::Write(4)).await;
    ana.until(|messages| messages.len() == 5).await;
    for hostile in [&mallory, &tab] {
        assert_eq!(hostile.since(0).await.len(), 4, "join, line, end and refusal");
        assert_eq!(hostile.screen().lines, ["l-1"]);
    }
}

#[tokio::test]
async fn what_waits_for_somebody_who_may_not_look_any_longer_is_dropped() {
    for count in [5, 200] {
        let hall = Hall::new();
        let (ana, mallory) = (hall.viewer_as("Ana").await, hall.viewer_as("Mallory").await);
        mallory.set_stuck(true);
        for line in 1..=count {
            hall.world.tell(Chalk::Write(line)).await;
        }
        hall.world.ban("Mallory");
        hall.world.tell(Chalk::Recheck(None)).await;
        hall.world.tell(Chalk::Title("The end")).await;
        ana.until(|messages| messages.last().unwrap().to_string().contains("The end")).await;
        mallory.set_stuck(false);
        let ends = mallory.since(1).await;
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(ends[0][3], "phx_error");
    }
}

#[tokio::test]
async fn a_join_that_was_judged_before_the_recheck_is_refused() {
    let hall = Hall::new();
    let (ana, mallory) = (hall.viewer_as("Ana").await, hall.connect_as("Mallory"));
    let (judged, go_on) = hall.world.hesitate();
    mallory.send(&hall.join_frame("4"));
    judged.await.expect("the join is judged");
    hall.world.ban("Mallory");
    hall.world.tell(Chalk::Recheck(Some(1))).await;
    ana.until(|messages| messages.len() == 2).await;
    go_on.send(()).expect("the join waits");
    let answer = mallory.until(|messages| !messages.is_empty()).await;
    assert_eq!(answer[0][4]["response"], json!({ "reason": "unauthorized" }));
    hall.world.tell(Chalk::Write(2)).await;
    ana.until(|messages| messages.len() == 3).await;
    assert_eq!(mallory.since(0).await.len(), 1);
}

#[tokio::test]
async fn a_join_that_was_judged_before_the_board_was_there_is_judged_again() {
    let hall = Hall::new();
    let mallory = hall.connect_as("Mallory");
    let (judged, go_on) = hall.world.hesitate();
    mallory.send(&hall.join_frame("4"));
    judged.await.expect("the join is judged");
    hall.world.ban("Mallory");
    go_on.send(()).expect("the join waits");
    let answer = mallory.until(|messages| !messages.is_empty()).await;
    assert_eq!(answer[0][4]["response"]["status"], 403);
}

#[tokio::test]
async fn a_page_is_judged_after_it_is_made() {
    let hall = Hall::new();
    let _ana = hall.viewer_as("Ana").await;
    let page = async |name: &str| {
        let visit = Visit { session: session(name), ..Visit::default() };
        let view = shared::<Board>(&"hall".to_owned());
        hall.endpoint.app.nested_page(&visit, "parent", view).await
    };
    assert!(page("Mallory").await.is_ok());
    hall.world.ban("Mallory");
    assert!(matches!(page("Mallory").await, Err(Interrupt::Status(403))));
    assert!(page("Ana").await.is_ok());
}

#[tokio::test]
async fn a_recheck_asks_once_per_browser_and_sends_nothing() {
    let hall = Hall::new();
    let mut viewers = Vec::new();
    for _ in 0..100 {
        viewers.push(hall.viewer().await);
    }
    let (judgements, encodes) = (hall.world.judgements.load(Ordering::SeqCst), hall.counts().1);
    hall.world.tell(Chalk::Recheck(None)).await;
    hall.world.tell(Chalk::Write(1)).await;
    for viewer in &viewers {
        let messages = viewer.until(|messages| messages.len() == 2).await;
        assert_eq!(messages[1][3], "diff", "the recheck was not heard of");
    }
    assert_eq!(hall.world.judgements.load(Ordering::SeqCst), judgements + 100);
    assert_eq!(hall.counts().1, encodes + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_is_banned_reads_on_however_often_they_join() {
    for round in 0..30 {
        let hall = Arc::new(Hall::new());
        let ana = hall.viewer_as("Ana").await;
        let mallory = Arc::new(hall.connect_as("Mallory"));
        let (theirs, client) = (hall.clone(), mallory.clone());
        let hostile = hall.scope.spawn("hostile", async move {
            for join_ref in (100..).map(|number: u32| number.to_string()) {
                client.send(&theirs.join_frame(&join_ref));
                let answered = |it: &[Value]| it.iter().any(|message| message[1] == *join_ref);
                let messages = client.until(answered).await;
                if messages.iter().any(|message| message.to_string().contains("The end")) {
                    return;
                }
                if theirs.world.is_closed.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        for line in 0..round * 4 {
            hall.world.tell(Chalk::Write(line)).await;
            tokio::task::yield_now().await;
        }
        hall.world.ban("Mallory");
        hall.world.tell(Chalk::Recheck(Some(7_777))).await;
        for line in 0..40 {
            hall.world.tell(Chalk::Write(8_000 + line)).await;
            tokio::task::yield_now().await;
        }
        hall.world.tell(Chalk::Title("The end")).await;
        ana.until(|it| it.last().unwrap().to_string().contains("The end")).await;
        hall.world.is_closed.store(true, Ordering::SeqCst);
        hostile.join().await.expect("every join is answered");
        for message in mallory.messages() {
            let text = message.to_string();
            assert!(!text.contains("l-7777") && !text.contains("l-80"), "round {round}: {text}");
        }
    }
}
