//! Stores invoices in an S3 bucket: one `PutObject` for each invoice, which needs the permission `s3:PutObject` and
//! replaces no object.
//!
//! Sources: [PutObject][put], [conditional writes][conditional], [error codes][errors].
//!
//! [put]: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
//! [conditional]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
//! [errors]: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

use super::{InvoiceKey, InvoiceStore, NoStorage, Putting, Stored};
use crate::aws::{Request, Service};

/// `if-none-match` makes the request fail if an object with this name exists.
const HEADERS: [(&str, &str); 2] = [("content-type", "application/pdf"), ("if-none-match", "*")];

/// A bucket.
pub struct S3 {
    bucket: String,
    service: Service,
}

impl S3 {
    /// A bucket in the Region of the environment.
    ///
    /// # Errors
    ///
    /// [`NoStorage`].
    pub async fn from_env(bucket: String) -> Result<Self, NoStorage> {
        if !is_bucket(&bucket) {
            return Err(NoStorage::BadBucket);
        }
        Ok(Self { bucket, service: Service::from_env("s3", "AWS_ENDPOINT_URL_S3").await? })
    }
}

impl InvoiceStore for S3 {
    fn put<'a>(&'a self, key: &'a InvoiceKey, bytes: &'a [u8]) -> Putting<'a> {
        let path = format!("/{}/{}", self.bucket, key.segments().map(|segment| encoded(&segment)).join("/"));
        Box::pin(async move {
            let request = Request { method: "PUT", path: &path, headers: &HEADERS, body: bytes };
            let answer = self.service.send(&request).await?;
            match answer.status {
                200 => Ok(Stored::New),
                412 => Ok(Stored::Existing),
                status => {
                    let body = String::from_utf8_lossy(&answer.body);
                    Err(self.service.refused(&format!("status {status}, {}", code(&body))))
                }
            }
        })
    }
}

/// The code of S3's error, such as `AccessDenied`. Its message can repeat the name of the object.
fn code(xml: &str) -> &str {
    let code = xml.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let is_code = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    code.filter(is_code).unwrap_or("without a code")
}

/// Percent-encodes every byte except the unreserved ones of RFC 3986, as the signature requires.
fn encoded(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    segment.bytes().map(encode).collect()
}

/// Source: [naming rules](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
fn is_bucket(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| is_letter(byte) || byte == b'-' || byte == b'.')
        && ends.into_iter().flatten().all(is_letter)
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::{code, encoded, is_bucket};

    #[test]
    fn err_what_is_not_the_name_of_a_bucket() {
        assert!(is_bucket("rental-invoices-bucket") && is_bucket("a.b.c"));
        for bad in ["", "ab", "a/b", "Bucket", "-ab", "ab-", "a..b", "bücket", &"a".repeat(64), "a b c", "a?b"] {
            assert!(!is_bucket(bad), "{bad}");
        }
    }

    #[test]
    fn of_an_error_only_the_code_is_said() {
        assert_eq!(code("<Error><Code>AccessDenied</Code><Message>hush</Message></Error>"), "AccessDenied");
        for bad in ["", "<Code>", "<Code>a b</Code>", "<Code></Code", &format!("<Code>{}</Code>", "a".repeat(65))] {
            assert_eq!(code(bad), "without a code", "{bad}");
        }
        assert_eq!(encoded("a b/ü~"), "a%20b%2F%C3%BC~");
    }
}
