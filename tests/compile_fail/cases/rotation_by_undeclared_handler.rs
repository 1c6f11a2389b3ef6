paypulse_runtime::declare! {
    source: "src/spec.rs";
    keys {}
    secrets {
        /// Rotated by nobody.
        ShopKey: paypulse_runtime::model::Text = "shop/key", owner: rotation(RotateKey),
            rotation: { schedule: "rate(30 days)" };
    }
    handlers {
        /// Reads it.
        Reader = "reader" { ShopKey: read; }
    }
}

fn main() {}
