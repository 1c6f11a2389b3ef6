paypulse_runtime::declare! {
    source: "src/spec.rs";
    keys {}
    secrets {
        /// Rotated by one handler.
        ShopKey: paypulse_runtime::model::Text = "shop/key", owner: rotation(RotateKey),
            rotation: { schedule: "rate(30 days)" };
    }
    handlers {
        /// Rotates it.
        RotateKey = "rotate-key" { ShopKey: rotate; }
        /// Would rotate it too.
        Reader = "reader" { ShopKey: read, rotate; }
    }
}

fn main() {}
