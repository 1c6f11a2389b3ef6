//! What the tests share: a spec, a server in Ireland, and its copies in Frankfurt and Virginia.

use std::convert::Infallible;

use driftless::model::{Handler, Spec, Text};
use driftless::{Error, ErrorKind, OnDifference, Rotate, RotationEvent, Secrets};
use driftless_testing::{EmbeddedSecretsManager, FaultKind};

use crate::shared::mark::{bare, told};
use crate::shared::server::Server;

driftless::declare! {
    source: "engine/client/tests/copies/support.rs";

    keys {}

    secrets {
        /// The code of a gate that has copies.
        GateCode: Text = "gate", owner: terraform(gate_code), replicas: { "us-east-1", "eu-central-1", "ap-south-1" },
            read_from: { "eu-central-1", "us-east-1" };
        /// The code of a lock that is turned.
        LockCode: Text = "lock", owner: rotation(Locksmith), rotation: { after_days: 30 },
            replicas: { "eu-central-1" }, read_from: { "eu-central-1" };
        /// A code of before that is still good for a while.
        OldCode: Text = "old", owner: terraform(old_code), replicas: { "eu-central-1" }, read_from: { "eu-central-1" };
        /// The code of a door, whose copies nobody reads.
        DoorCode: Text = "door", owner: terraform(door_code), replicas: { "eu-central-1" };
        /// The code of a gate that is in Frankfurt.
        FarCode: Text = "far", owner: terraform(far_code), region: "eu-central-1", replicas: { "us-east-1" },
            read_from: { "us-east-1" };
    }

    handlers {
        /// Opens what has a code.
        Porter = "porter" {
            GateCode: read, describe;
            OldCode: read;
            DoorCode: read;
            FarCode: read;
        }
        /// Turns the lock, and looks at it.
        Locksmith = "locksmith" {
            LockCode: rotate, read;
        }
        /// Lets in who has the code of before.
        Guard = "guard" {
            OldCode: read, read_previous;
        }
    }
}

pub const FRANKFURT: &str = "eu-central-1";

pub struct World {
    /// In Ireland, where secrets are that name no Region.
    pub ireland: Server,
    pub frankfurt: EmbeddedSecretsManager,
    pub virginia: EmbeddedSecretsManager,
}

impl World {
    /// Everything has been copied.
    pub fn new() -> Self {
        Self::of(Server::new())
    }

    /// The same, where each caller is limited to its grants.
    pub fn enforcing(spec: &Spec) -> Self {
        Self::of(Server::enforcing(spec))
    }

    fn of(ireland: Server) -> Self {
        for name in ["gate", "lock", "old", "door", "far"] {
            ireland.put(name, "hush-1");
        }
        let (frankfurt, virginia) = (ireland.copy_in(FRANKFURT), ireland.copy_in("us-east-1"));
        Self { ireland, frankfurt, virginia }
    }

    /// The client of a function that runs in a Region.
    pub fn client_in<H: Handler>(&self, region: &'static str) -> Secrets<H> {
        let variables = move |name: &str| (name == "AWS_REGION").then(|| region.to_owned());
        let secrets = Secrets::new(self.ireland.client_for::<H>());
        secrets.in_environment(variables, OnDifference::Warn).expect("the environment is good")
    }

    /// That of a function in Ireland.
    pub fn client<H: Handler>(&self) -> Secrets<H> {
        self.client_in("eu-west-1")
    }

    /// Ireland fails so, until further notice.
    pub fn ireland_is_down(&self) {
        self.ireland.set_outage(Some(FaultKind::ServiceUnavailable));
    }

    /// How many calls came to Ireland, Frankfurt and Virginia since the last look.
    pub fn calls(&self) -> [usize; 3] {
        [self.ireland.take_calls(), self.frankfurt.take_calls(), self.virginia.take_calls()].map(|calls| calls.len())
    }
}

/// Whether an error says that AWS is out of order.
pub fn is_outage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Unavailable)
}

/// The code of the gate, as tests call it.
pub async fn gate(secrets: &Secrets<Porter>) -> Result<String, Error> {
    let code = secrets.read(&GateCode).await.inspect_err(|error| drop(told(error)));
    code.map(|code| bare(code.expose()).to_owned())
}

/// The same by a cached read.
pub async fn cached_gate(secrets: &Secrets<Porter>) -> Result<String, Error> {
    let code = secrets.cached(&GateCode).await.inspect_err(|error| drop(told(error)));
    code.map(|code| bare(code.expose()).to_owned())
}

/// Makes a code of another one.
pub struct Turn;

impl Rotate<LockCode> for Turn {
    type Error = Infallible;

    async fn create(&self, current: Option<&Text>) -> Result<Text, Infallible> {
        Ok(format!("{}+", current.expect("the lock has a code").expose()).into())
    }

    async fn set(&self, _: Option<&Text>, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }

    async fn test(&self, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Turns the lock by its rotation function, and says whether that worked.
pub async fn turn(world: &World, secrets: &Secrets<Locksmith>) -> bool {
    let rotation = world.ireland.rotate("lock", async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        secrets.rotate(&LockCode, &event, &Turn).await.map(drop)
    });
    rotation.await.is_ok()
}
