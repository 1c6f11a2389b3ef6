//! PayPulse's spec: every secret, and which handler may do what with it.
//!
//! The one file that people edit. After a change run `cargo xtask gen-infra`, review what it wrote under `terraform/`,
//! and commit both together.

use crate::model::Text;
use crate::oauth::OauthTokens;

crate::declare! {
    source: "runtime/src/spec.rs";

    keys {
        /// PayPulse's id of a user.
        UserId;
    }

    secrets {
        /// Google OAuth client ID for Gmail API access via iOS app.
        GoogleOauthClientId: Text = "Google-OAuth-Client-ID", owner: terraform(google_oauth_client_id);
        /// A user's OAuth tokens for Gmail.
        GmailUserTokens { user_id: UserId }: OauthTokens = "gmail/user/{user_id}", owner: runtime;
        /// Key that signs PayPulse's session tokens.
        JwtSigningKey: Text = "PayPulseAppJWTSecret", owner: external;
        /// API key for Gemini Flash API used in retail invoice parsing
        GeminiApiKey: Text = "gemini-api-key", owner: terraform(gemini_api_key);
        /// API key for Jev (TypeSafe AI) used to classify retail emails during the Gmail sweep
        JevApiKey: Text = "jev/api-key", owner: terraform(jev_api_key);
    }

    handlers {
        /// Keeps the tokens that the iOS app received when a user connected Gmail.
        GmailStoreTokens = "gmail_store_tokens" {
            GmailUserTokens: read, store; "keeps the refresh token of an earlier consent"
            JwtSigningKey: read; "checks the session"
        }
        /// Reads all of a user's invoices.
        FetchInvoices = "fetch_invoices" {
            GmailUserTokens: read, update, delete; "reads Gmail, renews the tokens, deletes revoked ones"
            GoogleOauthClientId: read; "refreshes the access token"
            JwtSigningKey: read; "checks the session"
        }
        /// Reads a user's newest invoice.
        FetchLatestInvoice = "fetch_latest_invoice" {
            GmailUserTokens: read, update, delete; "reads Gmail, renews the tokens, deletes revoked ones"
            GoogleOauthClientId: read; "refreshes the access token"
            JwtSigningKey: read; "checks the session"
        }
        /// Deletes a user with everything that is kept of them.
        DeleteUser = "delete_user" {
            GmailUserTokens: delete; "removes the access to the user's Gmail"
            JwtSigningKey: read; "checks the session"
        }
        /// Shows a user's profile, and whether Gmail is connected.
        GetUserProfile = "get_user_profile" {
            GmailUserTokens: describe; "shows whether Gmail is connected, without the tokens"
            JwtSigningKey: read; "checks the session"
        }
        /// Signs a user in.
        LoginUser = "login_user" {
            JwtSigningKey: read; "signs the session"
        }
        /// Signs a new user up.
        SignupUser = "signup_user" {
            JwtSigningKey: read; "signs the session"
        }
        /// Shows one rental invoice.
        GetRentalInvoice = "get_rental_invoice" {
            JwtSigningKey: read; "checks the session"
        }
        /// Lists a user's invoices.
        GetInvoices = "get_invoices" {
            JwtSigningKey: read; "checks the session"
        }
        /// Fetches a user's retail invoices from Gmail.
        FetchRetailInvoices = "fetch_retail_invoices" {
            GmailUserTokens: read, update, delete; "reads Gmail, renews the tokens, deletes revoked ones"
            GoogleOauthClientId: read; "refreshes the access token"
            JwtSigningKey: read; "checks the session"
        }
        /// Fetches a user's retail invoices from Gmail, and says of each what it is.
        FetchAndClassifyRetailInvoices = "fetch_and_classify_retail_invoices" {
            GmailUserTokens: read, update, delete; "reads Gmail, renews the tokens, deletes revoked ones"
            GoogleOauthClientId: read; "refreshes the access token"
            GeminiApiKey: read; "reads the invoices"
            JevApiKey: read; "classifies the emails"
        }
        /// Reads what a retail invoice says.
        ParseRetailInvoice = "parse_retail_invoice" {
            GeminiApiKey: read; "reads the invoice"
        }
        /// Keeps an invoice that a user typed in.
        CreateManualInvoice = "create_manual_invoice" {
            JwtSigningKey: read; "checks the session"
        }
        /// Deletes a retail invoice.
        DeleteRetailInvoice = "delete_retail_invoice" {
            JwtSigningKey: read; "checks the session"
        }
    }
}
