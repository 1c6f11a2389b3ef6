//! Faults of a network and settings of an environment, over real sockets and in real processes: an in-process connector can show
//! few of them.

mod acts;
mod child;
mod container;
mod copies;
mod credentials;
mod deadline;
mod frozen;
mod peer;
#[cfg(feature = "profiles")]
mod profiles;
mod proxy;
mod refusals;
mod settings;
mod transport;

driftless::declare! {
    source: "tests/sockets/main.rs";

    keys {
        /// Who has it.
        UserId;
    }

    secrets {
        /// A word.
        Mark: driftless::model::Text = "mark", owner: runtime;
        /// A user's word.
        UserMark { user_id: UserId }: driftless::model::Text = "kept/users/{user_id}/mark", owner: runtime;
        /// A word that is kept elsewhere.
        Remote: driftless::model::Text = "remote", owner: external, region: "us-east-1";
        /// A word that has a copy.
        Copied: driftless::model::Text = "copied", owner: terraform(copied), replicas: { "eu-central-1" },
            read_from: { "eu-central-1" };
    }

    handlers {
        /// Reads and writes it.
        Marker = "marker" {
            Mark: read, store, update, delete, describe;
            UserMark: read, update, delete;
            Remote: read;
            Copied: read;
        }
    }
}
