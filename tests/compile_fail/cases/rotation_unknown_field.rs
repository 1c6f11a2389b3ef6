paypulse_runtime::declare! {
    source: "src/spec.rs";
    keys {}
    secrets {
        /// Rotated in a way that there is not.
        ShopKey: paypulse_runtime::model::Text = "shop/key", owner: rotation(RotateKey),
            rotation: { schedule: "rate(30 days)", window: "2h" };
    }
    handlers {
        /// Rotates it.
        RotateKey = "rotate-key" { ShopKey: rotate; }
    }
}

fn main() {}
