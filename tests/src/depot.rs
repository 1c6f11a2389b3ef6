//! The spec of a depot: a function, a task of ECS, pods of EKS, and environments with a secret that they share.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "tests/src/depot.rs";
    prefixes: name_prefix { "dev/", "prod/" };

    keys {
        /// The number of a slot.
        SlotId;
    }

    secrets {
        /// Key of the gate.
        GateKey: Text = "depot/gate", owner: terraform(gate_key);
        /// Key of a partner, which all environments use.
        PartnerKey: Text = "partners/acme", owner: external, outside_prefixes: true;
        /// Key of the customs, which exists in each environment.
        CustomsKey: Text = "depot/customs", owner: external;
        /// The lock of a slot.
        SlotLock { slot_id: SlotId }: Text = "depot/slots/{slot_id}/lock", owner: runtime;
    }

    handlers {
        /// Counts what is there.
        Count = "count" {
            GateKey: read;
        }
        /// Loads, as a task.
        Load = "load", principal: ecs {
            PartnerKey: read;
            SlotLock: read, store;
        }
        /// Ships, as a pod.
        Ship = "ship", principal: eks(cluster: eks_cluster_arn, namespace: "depot", service_account: "ship"),
            also: [aws_policy("AWSXRayDaemonWriteAccess")] {
            CustomsKey: read;
            PartnerKey: describe;
        }
        /// Guards, as a pod of the same cluster.
        Guard = "guard", name: "Depot-Guard", principal: eks(cluster: eks_cluster_arn, namespace: "depot",
            service_account: "guard") {
            SlotLock: delete;
        }
        /// Cleans, as a task under a role that exists.
        Clean = "clean", role: existing(cleaner_role), principal: ecs {
            SlotLock: describe;
        }
    }
}
