//! What the readers make of lines, right and wrong, and that what is written is read back.

use std::io::{BufReader, Cursor, Write};

use openpex_aggregates::{Resources, Timestamp};
use openpex_workloads::Request;
use openpex_workloads::reader::{
    AsReservations, Form, MAX_LINE_BYTES, MAX_SECONDS, Requests, TraceError, open,
};
use openpex_workloads::synthetic::SyntheticLog;

const HEADER: &str = "submit_s,start_s,duration_s,count,vcpu_each,ram_mb_each\n";

/// A whole line of a log: submitted at 32, ran 44 of 64,800 s on 4 processors.
const JOB: &str = "14 32 20 44 32 0.03 -1 4 64800 -1 1 96 -1 -1 3 -1 -1 -1\n";

const HOUR_MS: i64 = 3_600_000;

const fn size(vcpus: u64, memory_mib: u64, disk_gib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}

const fn jobs() -> AsReservations {
    AsReservations {
        seed: 7,
        size: size(8, 8_192, 3),
    }
}

fn requests(text: impl AsRef<[u8]>, form: Form) -> Requests<Cursor<Vec<u8>>> {
    Requests::new("t".to_owned(), Cursor::new(text.as_ref().to_vec()), form)
}

fn all(text: &str, form: Form) -> Vec<Request> {
    let read = requests(text, form).collect::<Result<_, _>>();
    read.expect("a text without an error")
}

fn swf(text: &str) -> Vec<Request> {
    all(text, Form::Swf(jobs()))
}

/// The error of a text, after which nothing more may come.
fn error(text: impl AsRef<[u8]>, form: Form) -> String {
    let mut requests = requests(text, form);
    let error = requests.find_map(Result::err).expect("an error");
    assert!(requests.next().is_none(), "read on after {error}");
    error.to_string()
}

#[test]
fn given_a_log_with_header_comments_when_read_then_its_jobs_are_requests() {
    let text = format!("; Version: 2.2\n;\n\n  ; MaxNodes: 144\r\n{JOB}\n;end");
    let read = swf(&text);
    let [job] = &*read else {
        panic!("{read:?}");
    };
    assert_eq!((job.id, job.arrives_at), (14, Timestamp(32_000)));
    assert_eq!((job.instances, job.size), (4, size(8, 8_192, 3)));
    assert_eq!(job.duration_ms, 64_800_000);
    assert_eq!(job.ends_early_after_ms, Some(44_000));
    assert_eq!(job.early_end(Timestamp(5)), Some(Timestamp(44_005)));
}

#[test]
fn given_unknown_fields_when_a_job_is_read_then_the_next_best_are_taken() {
    //             nr sub wait run  all cpu  kB   req limit kB  status
    let overran = "1 0 -1 700.25 6 -1 2049 -1 600 -1 1 -1 -1 -1 -1 -1 -1 -1\n";
    let unlimited = "2 0.5 -1 700.2599 6 -1 2049 3 -1 1024 0 -1 -1 -1 -1 -1 -1 -1\n";
    let cancelled = "3 9 -1 -1 -1 -1 -1 2 600 -1 5 -1 -1 -1 -1 -1 -1 -1\n";
    let read = swf(&format!("{overran}{unlimited}{cancelled}"));
    let found = |job: &Request| (job.instances, job.size.memory_mib, job.duration_ms);
    assert_eq!(found(&read[0]), (6, 3, 600_000));
    assert_eq!(read[0].ends_early_after_ms, None);
    assert_eq!(found(&read[1]), (3, 1, 700_259));
    assert_eq!(read[1].arrives_at, Timestamp(500));
    assert_eq!(read[1].ends_early_after_ms, None);
    assert_eq!(found(&read[2]), (2, 8_192, 600_000));
    assert_eq!(read[2].ends_early_after_ms, Some(0));
}

#[test]
fn given_pieces_and_jobs_of_no_length_or_size_when_read_then_they_are_counted_and_left_out() {
    let line = |run: i64, processors: i64, status: i64| {
        format!("1 0 0 {run} -1 -1 -1 {processors} -1 -1 {status} 0 0 0 0 0 0 0\n")
    };
    let out = [
        (9, 1, 2),
        (9, 1, 3),
        (9, 1, 4),
        (0, 1, 1),
        (-1, 1, 5),
        (9, 0, 1),
        (9, -1, 1),
    ];
    let text: String = out
        .map(|(run, all, status)| line(run, all, status))
        .concat();
    let mut read = requests(text + &line(9, 1, 1), Form::Swf(jobs()));
    assert_eq!(read.by_ref().map(Result::unwrap).count(), 1);
    assert_eq!(read.left_out(), 7);
}

#[test]
fn given_many_jobs_when_they_become_reservations_then_a_third_starts_at_once() {
    let text: String = (1..=3_000)
        .map(|number| format!("{number} 0 0 60 1 -1 -1 1 60 -1 1 0 0 0 0 0 0 0\n"))
        .collect();
    let leads: Vec<i64> = swf(&text).iter().map(|job| job.starts_at.0).collect();
    let at_once = leads.iter().filter(|&&lead| lead == 0).count();
    assert!((900..1_100).contains(&at_once), "{at_once} of 3,000");
    let later = || leads.iter().copied().filter(|&lead| lead != 0);
    assert!(later().all(|lead| (HOUR_MS..=72 * HOUR_MS).contains(&lead)));
    assert!(later().any(|lead| lead < 2 * HOUR_MS) && later().any(|lead| lead > 71 * HOUR_MS));
    assert!(
        later().any(|lead| lead % 1_000 != 0),
        "leads keep to a grid"
    );

    // By seed and number alone: the jobs before do not matter, the seed does.
    let last = swf(text.lines().last().unwrap());
    assert_eq!(last[0].starts_at.0, leads[2_999]);
    let other = AsReservations { seed: 8, ..jobs() };
    let others = all(&text, Form::Swf(other));
    assert!(
        others
            .iter()
            .zip(&leads)
            .any(|(job, &lead)| job.starts_at.0 != lead)
    );
}

#[test]
fn given_a_lease_of_haizea_when_read_then_all_columns_but_the_image_count() {
    let text = "0 86400 6056 6000 29 2 1024 1025 'NONE.img' 600\n60 60 5 5 1 1 1 0 x y\n";
    let read = all(text, Form::Lwf);
    let first = Request {
        id: 1,
        arrives_at: Timestamp(0),
        starts_at: Timestamp(86_400_000),
        duration_ms: 6_056_000,
        ends_early_after_ms: Some(6_000_000),
        instances: 29,
        size: size(2, 1_024, 2),
    };
    assert_eq!(read[0], first);
    assert_eq!((read[1].id, read[1].ends_early_after_ms), (2, None));
}

#[test]
fn given_a_table_with_its_header_when_read_then_each_line_is_a_request() {
    let read = all(&format!("{HEADER}\n32, 300,300,4,8,8192\r\n"), Form::Csv);
    let only = Request {
        id: 3,
        arrives_at: Timestamp(32_000),
        starts_at: Timestamp(300_000),
        duration_ms: 300_000,
        ends_early_after_ms: None,
        instances: 4,
        size: size(8, 8_192, 0),
    };
    assert_eq!(read, [only]);
    assert!(all("", Form::Csv).is_empty());
    assert!(all(HEADER, Form::Csv).is_empty());
}

#[test]
fn given_a_malformed_line_when_read_then_file_line_field_and_what_was_expected_are_named() {
    let csv = |line: &str| error(format!("{HEADER}0,0,1,1,1,1\n{line}\n"), Form::Csv);
    for (line, expected) in [
        (
            "1,2,3,4,5",
            "field 6 (ram_mb_each) is missing, expected 6 fields",
        ),
        (
            "1,2,3,4,5,6,seven",
            "unexpected \"seven\" after the last of 6 fields",
        ),
        (
            "x,2,3,4,5,6",
            "field 1 (submit_s) is \"x\", expected seconds from 0 to 9486720000",
        ),
        (
            "9,8,3,4,5,6",
            "field 2 (start_s) is \"8\", expected seconds from 9 to 9486720000",
        ),
        (
            "1,2,0,4,5,6",
            "field 3 (duration_s) is \"0\", expected seconds from 0 to 9486720000",
        ),
        (
            "1,2,3,0,5,6",
            "field 4 (count) is \"0\", expected a whole number from 1 to 1000000",
        ),
        (
            "1,2,3,4,.5,6",
            "field 5 (vcpu_each) is \".5\", expected a whole number from 1 to",
        ),
        (
            "1,2,3,4,5,",
            "field 6 (ram_mb_each) is \"\", expected a whole number from 0 to",
        ),
        (
            "1,2,3,4,5,-6",
            "field 6 (ram_mb_each) is \"-6\", expected a whole number from 0 to",
        ),
    ] {
        let message = csv(line);
        assert!(message.starts_with("t, line 3: "), "{line}: {message}");
        assert!(message.contains(expected), "{line}: {message}");
    }
    let header = error("submit_s,start_s\n", Form::Csv);
    assert!(header.contains("t, line 1: the header is \"submit_s,start_s\", expected"));
    let lease = error("0 86400 6056 6056 29 1 1024 0 'NONE.img'\n", Form::Lwf);
    assert_eq!(
        lease,
        "t, line 1: field 10 (image size in MB) is missing, expected 10 fields"
    );
    let job = error(
        format!("; x\n{JOB}{}", JOB.replace("64800", "1e9")),
        Form::Swf(jobs()),
    );
    let range = format!("expected seconds from -1 to {MAX_SECONDS}");
    assert_eq!(
        job,
        format!("t, line 3: field 9 (requested time) is \"1e9\", {range}")
    );
    let status = error(JOB.replace(" 1 96", " 6 96"), Form::Swf(jobs()));
    assert!(status.contains("field 11 (status) is \"6\", expected a whole number from -1 to 5"));
    assert!(error("; no comment\n", Form::Lwf).contains("line 1"));
}

#[test]
fn given_lines_at_the_limits_when_read_then_only_what_is_beyond_is_an_error() {
    let comment = |bytes: usize| format!(";{}\n{JOB}", "x".repeat(bytes - 2));
    assert_eq!(swf(&comment(MAX_LINE_BYTES)).len(), 1);
    let long = error(comment(MAX_LINE_BYTES + 1), Form::Swf(jobs()));
    assert_eq!(long, "t, line 1: expected a line of at most 4096 bytes");
    // A line without end is not read to its end.
    let endless = BufReader::new(std::io::repeat(b' '));
    let mut endless = Requests::new("t".to_owned(), endless, Form::Lwf);
    assert!(endless.next().unwrap().is_err());

    let last = |seconds: i64| format!("{HEADER}0,{seconds},1,1000000,1,{}\n", 1u64 << 40);
    assert_eq!(all(&last(MAX_SECONDS), Form::Csv).len(), 1);
    assert!(error(last(MAX_SECONDS + 1), Form::Csv).contains("field 2 (start_s)"));
    let many = last(5).replace("1000000", "1000001");
    assert!(error(many, Form::Csv).contains("field 4 (count)"));
    let vast = last(5).replace("1099511627776", "1099511627777");
    assert!(error(vast, Form::Csv).contains("field 6 (ram_mb_each)"));
    let beyond = last(5).replace(",5,", ",99999999999999999999,");
    assert!(error(beyond, Form::Csv).contains("field 2 (start_s)"));
    assert!(error(b"\xff\xfe 1\n", Form::Lwf).contains("line 1: expected text in UTF-8"));
}

#[test]
fn given_a_file_that_is_no_trace_when_opened_then_the_error_says_so() {
    let open = |name: &str| open(name.as_ref(), jobs()).unwrap_err();
    let TraceError { line, problem, .. } = open("trace.txt");
    assert_eq!(line, 0);
    assert_eq!(
        problem.to_string(),
        "the name ends in \"txt\", expected swf, lwf or csv"
    );
    assert_eq!(
        open("no/such.swf").to_string(),
        "no/such.swf, line 0: cannot be read: entity not found"
    );
}

#[test]
fn given_a_generated_log_when_read_back_then_every_job_is_there_and_again_the_same() {
    let log = SyntheticLog {
        seed: 3,
        jobs: 500,
        most_processors: 144,
        mean_gap_s: 100,
    };
    let mut file = tempfile::Builder::new().suffix(".swf").tempfile().unwrap();
    log.write_swf(&mut file).unwrap();
    file.flush().unwrap();
    let mut reader = open(file.path(), jobs()).unwrap();
    let read: Vec<Request> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!((read.len(), reader.left_out()), (500, 0));
    assert!(read.is_sorted_by_key(|job| job.arrives_at));
    assert!(read.iter().all(|job| (1..=144).contains(&job.instances)));
    assert!(read.iter().any(|job| job.ends_early_after_ms == Some(0)));
    assert!(read.iter().any(|job| job.ends_early_after_ms.is_none()));
    let mut again = Vec::new();
    log.write_swf(&mut again).unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), again);
}
