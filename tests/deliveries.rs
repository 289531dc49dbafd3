//! A delivery of several tables loads whole or not at all, and the order in
//! which deliveries arrive does not matter.

use crate::harness::Project;

/// Three tables that come as three files of one month: a header, orders, and
/// the lines of the orders.
fn project() -> Project {
    let project = Project::empty();
    project.write(
        "pipelines/warehouse.yaml",
        "name: Test\nlake: ./lake\ntime_zone: Europe/London\nhome_area: E06000033\npartners:\n  - {id: trust, name: A trust, organisation: R1L}\n",
    );
    project.write(
        "pipelines/trust/month.yaml",
        "description: months\nowner: us\ncontract: trust/month\nfiles: ['./extracts/**/*.csv']\nsettle: 0 s\n",
    );
    project.write(
        "schemas/trust/month/delivery.yaml",
        r#"description: a month
owner: us
tables: [header, parent, child]
header: header
shapes:
  - name: files
    files: '(?<set>\d{4}-\d{2}_v\d)_(?<table>[a-z]+)\.csv'
    layout: {format: csv}
    parts:
      header: {file: header}
      parent: {file: parent}
      child: {file: child, optional: true}
totals:
  - {id: parents-stated, table: parent, column: parents, message: The header states another number of parents}
"#,
    );
    project.write(
        "schemas/trust/month/header.yaml",
        r#"description: what the month is about
owner: us
columns:
  - {name: month, type: text, required: true}
  - {name: made_on, type: date, required: true}
  - {name: parents, type: integer, optional: true}
period: [month]
as_of: made_on
key: [month]
"#,
    );
    project.write(
        "schemas/trust/month/parent.yaml",
        r#"description: a parent
owner: us
columns:
  - {name: parent_id, type: text, required: true}
  - {name: opened, type: date}
  - {name: month, type: text, required: true, from: header}
period: [month]
key: [parent_id]
"#,
    );
    project.write(
        "schemas/trust/month/child.yaml",
        r#"description: a child
owner: us
columns:
  - {name: child_id, type: text, required: true}
  - {name: parent_id, type: text, required: true}
  - {name: month, type: text, required: true, from: header}
period: [month]
key: [child_id]
references:
  - {id: child-of-parent, column: parent_id, table: trust.month_parent, to: parent_id, message: The parent is not there}
"#,
    );
    project
}

/// Three files of one version of a month.
struct Month {
    month: u32,
    version: u32,
    parents: Vec<(String, &'static str)>,
    children: Vec<(String, String)>,
}

impl Month {
    /// Parents `p0..pn`, two children each; ids carry the version where it corrects.
    fn new(month: u32, version: u32, parents: u32) -> Month {
        let name = |n: u32| format!("p{n}");
        Month {
            month,
            version,
            parents: (0..parents).map(|n| (name(n), "2024-01-15")).collect(),
            children: (0..parents * 2)
                .map(|n| (format!("c{n}v{version}"), name(n / 2)))
                .collect(),
        }
    }

    fn files(&self) -> [(String, String); 3] {
        let name = |table: &str| format!("2024-{:02}_v{}_{table}.csv", self.month, self.version);
        let mut parents = String::from("parent_id,opened\n");
        for (id, opened) in &self.parents {
            parents.push_str(&format!("{id},{opened}\n"));
        }
        let mut children = String::from("child_id,parent_id\n");
        for (id, parent) in &self.children {
            children.push_str(&format!("{id},{parent}\n"));
        }
        let header = format!(
            "month,made_on,parents\n2024-{:02},2024-12-{:02},{}\n",
            self.month,
            self.version,
            self.parents.len()
        );
        [
            (name("header"), header),
            (name("parent"), parents),
            (name("child"), children),
        ]
    }

    fn deliver(&self, project: &Project, folder: &str) {
        for (name, text) in self.files() {
            project.write(&format!("extracts/{folder}/{name}"), text);
        }
    }
}

fn count(project: &Project, table: &str) -> i64 {
    let sql = format!("select count(*) from trust.month_{table}");
    project.value(&sql).as_i64().unwrap()
}

#[test]
fn a_delivery_waits_until_it_is_whole() {
    let project = project();
    let month = Month::new(1, 1, 3);
    let [header, parent, child] = month.files();
    project.write(&format!("extracts/{}", header.0), &header.1);
    project.write(&format!("extracts/{}", child.0), &child.1);
    let ran = project.jcw(&["run"]).exits(4);
    ran.says(&["not whole yet, it lacks: table parent"]);
    project.write(&format!("extracts/{}", parent.0), &parent.1);
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (3, 6)
    );
    for row in project.status() {
        assert!(row["status"] == "held" || row["closes"] == true, "{row}");
    }
}

#[test]
fn a_table_that_may_be_missing_then_has_no_rows() {
    let project = project();
    Month::new(1, 1, 3).deliver(&project, "a");
    project.jcw(&["run"]).succeeds();
    let [header, parent, _] = Month::new(1, 2, 2).files();
    project.write(&format!("extracts/b/{}", header.0), &header.1);
    project.write(&format!("extracts/b/{}", parent.0), &parent.1);
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (2, 0)
    );
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
}

#[test]
fn one_wrong_file_and_none_of_the_tables_load() {
    let project = project();
    Month::new(1, 1, 3).deliver(&project, "a");
    project.jcw(&["run"]).succeeds();
    Month::new(1, 2, 5).deliver(&project, "b");
    project.write("extracts/b/2024-01_v2_child.csv", "child_id,who\nc1,p1\n");
    let ran = project.jcw(&["run"]).exits(4);
    ran.says(&["parent_id"]);
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (3, 6)
    );
    Month::new(1, 2, 5).deliver(&project, "b");
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (5, 10)
    );
}

#[test]
fn a_rejected_parent_takes_its_children_with_it() {
    let project = project();
    let mut month = Month::new(1, 1, 4);
    month.parents[2].1 = "31/02/2024";
    month.children.push(("orphan".into(), "nobody".into()));
    month.deliver(&project, "a");
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (3, 6)
    );
    let rejects = project.query(
        "select table_name, \"row\" as line, rule from jcw.reject order by table_name, line",
    );
    let told: Vec<String> = rejects
        .iter()
        .map(|row| {
            format!("{} {} {}", row["table_name"], row["line"], row["rule"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        [
            "trust.month_child 6 child-of-parent",
            "trust.month_child 7 child-of-parent",
            "trust.month_child 10 child-of-parent",
            "trust.month_parent 4 opened.type",
        ]
    );
    assert!(project.status().iter().all(|row| row["closes"] == true));
}

#[test]
fn a_number_of_rows_that_the_header_states_is_kept() {
    let project = project();
    let mut month = Month::new(1, 1, 3);
    month.deliver(&project, "a");
    month.parents.pop();
    let [_, parent, _] = month.files();
    project.write(&format!("extracts/a/{}", parent.0), &parent.1);
    let ran = project.jcw(&["run"]).exits(4);
    ran.says(&["another number of parents", "states 3", "there are 2"]);
}

/// Everything in the tables but the marks of the files.
fn tables(project: &Project) -> String {
    let sqls = [
        "select month, made_on, parents from trust.month_header order by 1, 2",
        "select month, parent_id, opened from trust.month_parent order by 1, 2",
        "select month, child_id, parent_id from trust.month_child order by 1, 2",
    ];
    let read = |sql: &str| {
        project
            .jcw(&["query", sql, "--format", "csv"])
            .succeeds()
            .out
    };
    sqls.map(read).concat()
}

/// A small generator, so that each order is the same in every run.
struct Shuffle(u64);

impl Shuffle {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn any_order_of_arrival_gives_the_same_tables() {
    let months = || {
        let mut months = Vec::new();
        for month in 1..=3 {
            for version in 1..=3 {
                months.push(Month::new(month, version, month + 4 - version));
            }
        }
        months
    };
    let in_order = project();
    for (number, month) in months().iter().enumerate() {
        month.deliver(&in_order, &number.to_string());
    }
    in_order.jcw(&["run"]).succeeds();
    let expected = tables(&in_order);
    for seed in 0..6 {
        let mut shuffle = Shuffle(seed);
        let project = project();
        let mut waiting = months();
        let mut folder = 0;
        while !waiting.is_empty() {
            for _ in 0..=shuffle.below(3) {
                if waiting.is_empty() {
                    break;
                }
                let month = waiting.swap_remove(shuffle.below(waiting.len()));
                folder += 1;
                month.deliver(&project, &folder.to_string());
                // Twice, as the same bytes elsewhere.
                if shuffle.below(3) == 0 {
                    folder += 1;
                    month.deliver(&project, &folder.to_string());
                }
            }
            project.jcw(&["run"]).succeeds();
        }
        assert_eq!(tables(&project), expected, "order of seed {seed}");
    }
}

/// Five made-up children in the three shapes of a SEN2 return.
fn return_of(shape: &str) -> Vec<String> {
    let folder = crate::harness::repository().join("tests/fixtures/sen2");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(shape))
        .collect();
    files.sort();
    files
}

#[test]
fn a_partner_can_try_files_alone() {
    let project = Project::southend();
    for shape in [".xml", ".csv", ".xlsx"] {
        let mut args = vec!["contract", "check", "council/sen2"];
        let files = return_of(shape);
        args.extend(files.iter().map(String::as_str));
        let ran = project.jcw(&args).succeeds();
        ran.says(&["into council.sen2_person: 5 rows, 5 kept"]);
    }
    let text = std::fs::read_to_string(&return_of(".xml")[0]).unwrap();
    assert!(text.contains("<ReceivedDate>2024-"), "{text}");
    let late = text.replace("<ReceivedDate>2024-", "<ReceivedDate>2029-");
    project.write("SEN2_882_2025.xml", late);
    let check = ["contract", "check", "council/sen2", "SEN2_882_2025.xml"];
    let ran = project.jcw(&check).exits(4);
    let upn = text
        .split("<UPN>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    ran.says(&["request-before-census", "request_id 1"])
        .does_not_say(&[upn]);
    for form in ["csv", "html"] {
        let mut args = check.to_vec();
        args.extend(["--format", form]);
        let ran = project.jcw(&args).exits(4);
        ran.says(&["request-before-census"]).does_not_say(&[upn]);
    }
    assert!(!project.path("lake").exists());
}

/// One table; its month from the rows, its day of making from the file's name.
fn sites() -> Project {
    let project = project();
    project.write(
        "pipelines/trust/site.yaml",
        "description: sites\nowner: us\ncontract: trust/site\nfiles: ['./sites/*.csv']\nsettle: 0 s\n",
    );
    project.write(
        "schemas/trust/site.yaml",
        r#"description: a site
owner: us
layout: {format: csv}
columns:
  - {name: month, type: text, required: true}
  - {name: site, type: text, required: true}
  - {name: made_on, type: date, required: true, from: {file_name: '(?<made_on>\d{4}-\d{2}-\d{2})'}}
period: [month]
as_of: made_on
key: [month, site]
"#,
    );
    project
}

fn sites_of(project: &Project) -> String {
    let sql = "select month, site from trust.site order by 1, 2";
    let out = project
        .jcw(&["query", sql, "--format", "csv"])
        .succeeds()
        .out;
    out.lines().skip(1).collect::<Vec<_>>().join(" ")
}

#[test]
fn of_a_delivery_that_is_older_in_part_the_rest_loads() {
    let older = ("sites/2024-12-01.csv", "month,site\nJan,a1\nFeb,a1\n");
    let newer = ("sites/2024-12-05.csv", "month,site\nFeb,a2\nMar,a2\n");
    for order in [[older, newer], [newer, older]] {
        let project = sites();
        for (path, text) in order {
            project.write(path, text);
            project.jcw(&["run"]).succeeds();
        }
        assert_eq!(sites_of(&project), "Feb,a2 Jan,a1 Mar,a2");
        assert!(project.status().iter().all(|row| row["closes"] == true));
    }
}

#[test]
fn the_same_bytes_of_another_day_are_another_delivery() {
    let project = sites();
    for (day, site) in [("01", "x"), ("03", "x"), ("02", "y")] {
        let path = format!("sites/2024-01-{day}.csv");
        project.write(&path, format!("month,site\nJan,{site}\n"));
        project.jcw(&["run"]).succeeds();
    }
    assert_eq!(sites_of(&project), "Jan,x");
    assert!(project.status().iter().all(|row| row["closes"] == true));
}

#[test]
fn a_set_with_a_file_too_many_loads_when_it_is_gone() {
    let project = project();
    project.edit("schemas/trust/month/delivery.yaml", "[a-z]+", "[a-zA-Z]+");
    Month::new(1, 1, 3).deliver(&project, "a");
    project.write(
        "extracts/a/2024-01_v1_PARENT.csv",
        "parent_id,opened\np9,2024-01-01\n",
    );
    let ran = project.jcw(&["run"]).exits(4);
    ran.says(&["two files of the delivery are for the same table"]);
    project.jcw(&["run"]).says(&["Nothing to do"]);
    std::fs::remove_file(project.path("extracts/a/2024-01_v1_PARENT.csv")).unwrap();
    project.jcw(&["run"]).succeeds();
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (3, 6)
    );
}

#[test]
fn a_name_that_fits_no_shape_any_more_loses_no_rows() {
    let project = project();
    Month::new(1, 1, 3).deliver(&project, "a");
    Month::new(2, 1, 2).deliver(&project, "a");
    project.jcw(&["run"]).succeeds();
    project.edit(
        "schemas/trust/month/delivery.yaml",
        r"\d{4}-\d{2}_v",
        r"\d{4}-01_v",
    );
    let ran = project.jcw(&["run"]).exits(1);
    ran.says(&["no shape has files named like", "stays as it was"]);
    assert_eq!(
        (count(&project, "parent"), count(&project, "child")),
        (5, 10)
    );
}

#[test]
fn rows_of_a_period_that_the_header_does_not_name_are_kept_back() {
    let project = project();
    let own = "  - {name: month, type: text, required: true, from: header}";
    project.edit(
        "schemas/trust/month/child.yaml",
        own,
        &own.replace(", from: header", ""),
    );
    let [header, parent, _] = Month::new(1, 1, 2).files();
    project.write(&format!("extracts/{}", header.0), &header.1);
    project.write(&format!("extracts/{}", parent.0), &parent.1);
    let children = "child_id,parent_id,month\nc1,p0,2024-01\nc2,p1,2024-09\n";
    project.write("extracts/2024-01_v1_child.csv", children);
    project.jcw(&["run"]).succeeds();
    assert_eq!(count(&project, "child"), 1);
    assert_eq!(
        project.value("select rule from jcw.reject"),
        "delivery.period"
    );
}
