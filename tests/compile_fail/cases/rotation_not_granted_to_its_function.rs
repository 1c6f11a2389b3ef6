paypulse_runtime::declare! {
    source: "src/spec.rs";
    keys {}
    secrets {
        /// Rotated by a handler that may only read it.
        ShopKey: paypulse_runtime::model::Text = "shop/key", owner: rotation(RotateKey),
            rotation: { schedule: "rate(30 days)" };
    }
    handlers {
        /// Rotates it.
        RotateKey = "rotate-key" { ShopKey: read; }
    }
}

fn main() {}
