//! The options of the site itself: its name, its zone, its address, how long log-ins last.

use std::num::NonZeroU32;

use super::{ConfigError, ServeOptions};
use crate::accounts::{LoginLifetimes, ZoneName};
use crate::http::{PublicUrl, SITE_NAME, SiteSettings};

/// The longest name of a site, in characters.
const SITE_NAME_CHARS_MAX: usize = 64;
const SECOND_MS: i64 = 1_000;

impl ServeOptions {
    /// What the site is called, and where it is.
    pub(super) fn site(&self) -> Result<SiteSettings, ConfigError> {
        let name = self.site_name.as_deref().unwrap_or(SITE_NAME);
        let has_room = (1..=SITE_NAME_CHARS_MAX).contains(&name.chars().count());
        if !has_room || name.chars().any(char::is_control) {
            return Err(ConfigError::BadValue {
                option: "--site-name",
                value: name.to_owned(),
                expected: "a name of 1 to 64 characters",
            });
        }
        let zone = self.site_zone.as_deref().map(|zone| {
            ZoneName::parse(zone).ok_or_else(|| ConfigError::BadValue {
                option: "--site-zone",
                value: zone.to_owned(),
                expected: "a zone of the IANA database such as Europe/Zurich",
            })
        });
        let public_url = self.public_url.as_deref().map(|url| {
            PublicUrl::parse(url).ok_or_else(|| ConfigError::BadValue {
                option: "--public-url",
                value: url.to_owned(),
                expected: "an address without a path such as https://pex.example.org",
            })
        });
        Ok(SiteSettings {
            name: name.to_owned(),
            zone: zone.transpose()?.unwrap_or(ZoneName::UTC),
            public_url: public_url.transpose()?,
        })
    }

    /// How long sessions last.
    pub(super) fn login_lifetimes(&self) -> LoginLifetimes {
        let usual = LoginLifetimes::default();
        let ms = |secs: Option<NonZeroU32>, usual| {
            secs.map_or(usual, |secs| i64::from(secs.get()) * SECOND_MS)
        };
        LoginLifetimes {
            idle_ms: ms(self.login_idle_secs, usual.idle_ms),
            max_ms: ms(self.login_max_secs, usual.max_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_no_options_when_completed_then_log_ins_last_eight_hours_and_seven_days() {
        let config = ServeOptions::default().into_config(|_| None).unwrap();
        assert_eq!(config.site, SiteSettings::default());
        assert_eq!(config.login_lifetimes.idle_ms, 28_800_000);
        assert_eq!(config.login_lifetimes.max_ms, 604_800_000);
    }

    #[test]
    fn given_a_file_when_completed_then_the_site_is_as_it_says() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "site-name = \"Melbourne\"\nsite-zone = \"Australia/Melbourne\"\n\
                    public-url = \"https://pex.example.org\"\nlogin-idle-secs = 60\nlogin-max-secs = 90\n";
        std::fs::write(file.path(), text).unwrap();
        let options = ServeOptions {
            config: Some(file.path().to_owned()),
            login_max_secs: NonZeroU32::new(120),
            ..ServeOptions::default()
        };
        let config = options.into_config(|_| None).unwrap();
        assert_eq!(config.site.name, "Melbourne");
        assert_eq!(config.site.zone.as_str(), "Australia/Melbourne");
        assert!(config.site.public_url.unwrap().is_secure());
        let LoginLifetimes { idle_ms, max_ms } = config.login_lifetimes;
        assert_eq!((idle_ms, max_ms), (60_000, 120_000));
    }

    #[test]
    fn given_bad_options_when_completed_then_the_error_names_them() {
        let error = |options: ServeOptions| options.site().unwrap_err().to_string();
        let zone = ServeOptions {
            site_zone: Some("Mars".into()),
            ..ServeOptions::default()
        };
        assert!(error(zone).contains("--site-zone"));
        let url = ServeOptions {
            public_url: Some("pex.example.org".into()),
            ..ServeOptions::default()
        };
        assert!(error(url).contains("--public-url"));
        let name = ServeOptions {
            site_name: Some("x".repeat(SITE_NAME_CHARS_MAX + 1)),
            ..ServeOptions::default()
        };
        assert!(error(name).contains("--site-name"));
    }
}
