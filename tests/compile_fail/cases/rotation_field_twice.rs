paypulse_runtime::declare! {
    source: "src/spec.rs";
    keys {}
    secrets {
        /// Rotated at two times.
        ShopKey: paypulse_runtime::model::Text = "shop/key", owner: rotation(RotateKey),
            rotation: { schedule: "rate(30 days)", schedule: "rate(31 days)" };
    }
    handlers {
        /// Rotates it.
        RotateKey = "rotate-key" { ShopKey: rotate; }
    }
}

fn main() {}
