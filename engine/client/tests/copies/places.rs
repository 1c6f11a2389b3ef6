//! Which place is asked while every Region answers.

use driftless::model::{Difference, Fingerprint, Handler, Secret, lint};
use driftless::{Error, ErrorKind, Secrets};
use driftless_testing::FaultKind;

use super::support::*;

#[test]
fn the_spec_is_one_that_is_accepted_but_for_the_locksmiths_second_verb() {
    let lints: Vec<_> = lint::check(&spec()).into_iter().map(|problem| problem.lint).collect();
    assert_eq!(lints, ["rotation-and-more"]);
    assert_eq!(GateCode::READ_FROM, ["eu-central-1", "us-east-1"]);
    assert!(DoorCode::READ_FROM.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_function_asks_the_copy_in_its_own_region_and_else_the_secrets_region() {
    for (region, calls) in [
        ("eu-west-1", [1, 0, 0]),
        (FRANKFURT, [0, 1, 0]),
        ("us-east-1", [0, 0, 1]),
        // There is a copy, which is not read.
        ("ap-south-1", [1, 0, 0]),
        ("eu-north-1", [1, 0, 0]),
        ("nowhere", [1, 0, 0]),
    ] {
        let world = World::new();
        let secrets = world.client_in::<Porter>(region);
        assert_eq!(gate(&secrets).await.as_deref(), Ok("1"), "{region}");
        assert_eq!(world.calls(), calls, "{region}");
        // Of this one nobody reads copies.
        secrets.read(&DoorCode).await.expect("it is there");
        assert_eq!(world.calls(), [1, 0, 0], "{region}");
    }
}

/// A client that was not told where it runs is where its SDK client is.
#[tokio::test(start_paused = true)]
async fn a_client_without_an_environment_asks_the_secrets_region() {
    let world = World::new();
    assert_eq!(gate(&Secrets::new(world.ireland.client())).await.as_deref(), Ok("1"));
    assert_eq!(world.calls(), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_in_a_region_of_its_own_has_copies_elsewhere() {
    let world = World::new();
    let at_home = world.client::<Porter>();
    at_home.read(&FarCode).await.expect("it is there");
    assert_eq!(world.calls(), [0, 1, 0]);
    world.client_in::<Porter>("us-east-1").read(&FarCode).await.expect("its copy is there");
    assert_eq!(world.calls(), [0, 0, 1]);
    world.frankfurt.set_outage(Some(FaultKind::ConnectionReset));
    at_home.read(&FarCode).await.expect("its copy is there");
    assert_eq!(world.virginia.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_other_verb_asks_the_secrets_region() {
    let world = World::new();
    let described = world.client_in::<Porter>(FRANKFURT).describe(&GateCode).await.expect("it is there");
    assert!(described.arn.contains(":eu-west-1:"), "{}", described.arn);
    assert!(turn(&world, &world.client_in::<Locksmith>(FRANKFURT)).await);
    let [ireland, frankfurt, virginia] = world.calls();
    assert!(ireland > 5 && frankfurt == 0 && virginia == 0, "{ireland} {frankfurt} {virginia}");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_not_there_yet_or_cannot_be_reached_is_passed_over() {
    let world = World::new();
    world.ireland.put("gate", "hush-2");
    let secrets = world.client_in::<Porter>(FRANKFURT);
    let missing = FaultKind::Error {
        code: "ResourceNotFoundException".to_owned(),
        status: 400,
        message: "Secrets Manager can't find the specified secret.".to_owned(),
    };
    for outage in [missing, FaultKind::ConnectionReset, FaultKind::InternalServiceError, FaultKind::Hang] {
        world.frankfurt.set_outage(Some(outage.clone()));
        assert_eq!(gate(&secrets).await.as_deref(), Ok("2"), "{outage:?}");
        assert_eq!(world.virginia.calls().len(), 0, "{outage:?}");
    }
}

/// Somebody has to see that the policy is not there: no other place hides it.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_copy_in_its_region_is_the_outcome() {
    let world = World::new();
    let refused = FaultKind::Error { code: "AccessDeniedException".to_owned(), status: 400, message: String::new() };
    world.frankfurt.set_outage(Some(refused));
    let error = gate(&world.client_in::<Porter>(FRANKFURT)).await.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(matches!(&error, Error::AccessDenied { at } if at.region == Some(FRANKFURT)), "{error:?}");
    assert_eq!(world.calls(), [0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn on_a_server_that_enforces_grants_copies_are_read_by_who_may_and_nothing_else_is_done() {
    let world = World::enforcing(&spec());
    assert_eq!(gate(&world.client_in::<Porter>(FRANKFURT)).await.as_deref(), Ok("1"));
    let config = world.ireland.client_for::<Porter>().config().to_builder();
    let there = config.region(aws_sdk_secretsmanager::config::Region::from_static(FRANKFURT)).build();
    let there = aws_sdk_secretsmanager::Client::from_conf(there);
    assert!(there.describe_secret().secret_id("gate").send().await.is_err(), "no copy is described");
    assert!(there.get_secret_value().secret_id("door").send().await.is_err(), "its copies are not read");
    assert!(there.get_secret_value().secret_id("lock").send().await.is_err(), "it is another handler's");
    // A caller who may do everything does not write to a copy either.
    let config = world.ireland.client().config().to_builder();
    let there = config.region(aws_sdk_secretsmanager::config::Region::from_static(FRANKFURT)).build();
    let put = aws_sdk_secretsmanager::Client::from_conf(there).put_secret_value().secret_id("gate");
    let error = put.secret_string("hush-3").send().await.expect_err("it is a copy");
    assert!(format!("{error:?}").contains("Operation not permitted on a replica secret"), "{error:?}");
}

/// A handler that reads copies which its policy does not have would be denied.
#[test]
fn the_fingerprint_tells_that_other_copies_are_read() {
    let compiled = Porter::fingerprint();
    let text = compiled.to_string();
    assert!(text.contains("...eu-central-1+us-east-1;") && text.contains(".eu-central-1.us-east-1;"), "{text}");
    assert_eq!(compiled.differences(&text), []);
    let secret = "GateCode".to_owned();
    let told = [Difference::Copies { secret }];
    for other in ["", ".", "...eu-central-1", "...eu-central-1+us-east-2"] {
        let applied = text.replace("...eu-central-1+us-east-1", other.trim_end_matches('.'));
        assert_eq!(compiled.differences(&applied), told, "{applied}");
    }
    for bad in ["...eu-central-1+", "...+", "...eu central", "...eu-central-1.us-east-1"] {
        let applied = text.replace("...eu-central-1+us-east-1", bad);
        assert_eq!(compiled.differences(&applied), [Difference::Unreadable], "{applied}");
    }
    let none = text.replace("...eu-central-1+us-east-1", "");
    let short = none.parse::<Fingerprint>().expect("it is one").shortened().to_string();
    assert_eq!(compiled.differences(&short), [Difference::Unnamed { what: "keys or regions" }]);
}
