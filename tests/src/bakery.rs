//! The spec of a bakery: many environments in one account.

use paypulse_runtime::model::{JsonPayload, Text};

/// A login at a till.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Login {
    /// The account.
    pub username: String,
    /// Its password.
    pub password: Text,
}

impl JsonPayload for Login {}

paypulse_runtime::declare! {
    source: "tests/src/bakery.rs";
    tags: { "app": "bakery" };
    prefixes: stage { "dev/", "staging/eu-", "Prod_" };

    keys {
        /// The id of a branch.
        BranchId;
        /// The id of a recipe.
        RecipeId;
    }

    secrets {
        /// Key of the ovens' maker.
        OvenKey: Text = "bakery/oven.key", owner: terraform(oven_key), kms_key: variable(oven_key_arn),
            shared_with: { account("123456789012"): read; };
        /// Login of the till in each branch.
        TillLogin { branch_id: BranchId }: Login = "branches/{branch_id}/till", owner: runtime, kms_key: alias("alias/tills");
        /// Key of the mill, which exists already.
        MillKey: Text = "Mill+Key@EU", owner: external;
        /// What is in it.
        Recipe { recipe_id: RecipeId }: Text = "recipes/{recipe_id}", owner: runtime;
        /// Login at the grocer.
        GrocerLogin: Login = "bakery/grocer", owner: rotation(RotateGrocer), rotation: { after_days: 30 };
        /// Seed of the daily bread.
        BreadSeed: Text = "bakery/bread", owner: runtime, kms_key: variable(oven_key_arn);
    }

    handlers {
        /// Bakes.
        Bake = "bake" {
            OvenKey: read;
            MillKey: read;
            BreadSeed: store;
            Recipe: store, read, delete;
        }
        /// Opens a branch.
        OpenBranch = "open-branch" {
            TillLogin: store, describe;
        }
        /// Sells.
        Sell = "2_sell" {
            TillLogin: read, update;
        }
        /// Rotates the grocer's login.
        RotateGrocer = "rotate-grocer" {
            GrocerLogin: rotate;
        }
        /// Closes a branch.
        CloseBranch = "close_branch", role: existing(close_branch_role) {
            TillLogin: delete;
            OvenKey: describe;
        }
    }
}
