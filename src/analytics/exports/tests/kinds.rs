//! The layouts of programs, each as a small file: what is asked, and what is read.

use super::*;

/// A file, the open questions, their answers, and some of the right values.
struct Kind<'a> {
    what: &'a str,
    file: &'a str,
    questions: &'a [&'a str],
    answers: &'a [(&'a str, &'a str)],
    grain: Grain,
    periods: usize,
    values: &'a [(&'a str, &'a str, f64)],
}

fn check(kind: &Kind<'_>) {
    let Kind { what, file, questions, answers, grain, periods, values } = kind;
    let open = match outcome(file.as_bytes(), &[]) {
        Outcome::Asked(open) => open.into_iter().map(|question| question.key).collect(),
        Outcome::Read(..) => Vec::new(),
        Outcome::Refused(refusal) => panic!("{what}: {refusal:?}"),
    };
    assert_eq!(open, *questions, "{what}");
    let (days, found) = match outcome(file.as_bytes(), answers) {
        Outcome::Read(days, grain) => (days, grain),
        other => panic!("{what}: {other:?}"),
    };
    assert_eq!((found, days.len()), (*grain, *periods), "{what}: {days:#?}");
    for (date, slug, value) in *values {
        let found = days.get(*date).and_then(|day| day.get(*slug));
        assert!(
            found.is_some_and(|found| (found - value).abs() < 1e-6),
            "{what}: {date} {slug}: {found:?}, not {value}\n{days:#?}"
        );
    }
}

macro_rules! kinds {
    ($($name:ident: $what:literal, $file:expr, $questions:expr, $answers:expr, $grain:ident, $periods:literal, $values:expr;)*) => {
        $(#[test]
        fn $name() {
            let file: String = $file.to_string();
            check(&Kind {
                what: $what, file: &file, questions: &$questions, answers: &$answers, grain: Grain::$grain,
                periods: $periods, values: &$values,
            });
        })*
    };
}

/// Removes the indentation of a file in these tests.
fn file(text: &str) -> String {
    text.trim_start_matches('\n').lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

kinds! {
    ga4_report: "Google Analytics 4, standard report with comments",
        file("# ----------------------------------------
        # Traffic acquisition
        # Account: Knit
        # Start date: 20261001
        # End date: 20261003
        # ----------------------------------------
        Date,Total users,New users,Sessions,Engaged sessions,Key events,Total revenue
        20261001,90,50,120,80,5,412.50
        20261002,95,51,125,81,6,1412.50
        20261003,80,41,100,70,4,300
        ,265,142,345,231,15,2125,Grand total"),
        [], [], Day, 3, [("2026-10-01", "sessions", 120.0), ("2026-10-02", "revenue", 1_412.5), ("2026-10-03", "users", 80.0)];
    ga4_by_channel: "Google Analytics 4, by channel and date",
        file("Date,Default channel group,Sessions,Total users,Key events
        20261001,Direct,50,40,2
        20261001,Organic Search,70,60,3
        20261002,Direct,55,41,1
        20261002,Organic Search,75,61,4"),
        ["sum:users"], [("sum:users", "leaveOut")], Day, 2, [("2026-10-01", "sessions", 120.0), ("2026-10-02", "conversions", 5.0)];
    shopify_orders: "Shopify, orders with lines",
        file("Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount
        #1003,a@example.com,paid,2026-10-02 09:00:00 +0200,fulfilled,EUR,30.00,5.00,6.65,35.00,2026-10-02 09:00:00 +0200,1,Hat,20.00,,0.00
        #1003,a@example.com,,,,,,,,,2026-10-02 09:00:00 +0200,1,Scarf,10.00,,
        #1002,b@example.com,paid,2026-10-01 15:00:00 +0200,fulfilled,EUR,50.00,5.00,10.45,55.00,2026-10-01 15:00:00 +0200,1,Coat,50.00,,0.00
        #1001,c@example.com,paid,2026-10-01 10:00:00 +0200,fulfilled,EUR,20.00,5.00,4.75,25.00,2026-10-01 10:00:00 +0200,1,Hat,20.00,,0.00"),
        ["metric:revenue"], [("metric:revenue", "Total")], Day, 2,
        [("2026-10-01", "conversions", 2.0), ("2026-10-01", "revenue", 80.0), ("2026-10-02", "conversions", 1.0), ("2026-10-02", "revenue", 35.0)];
    shopify_sessions: "Shopify, sessions over time",
        file("Day,Online store visitors,Sessions\n2026-10-01,90,120\n2026-10-02,95,125"),
        [], [], Day, 2, [("2026-10-02", "sessions", 125.0), ("2026-10-02", "users", 95.0)];
    shopify_months: "Shopify, total sales by month",
        file("Month,Orders,Total sales\n2026-09-01,90,1200.5\n2026-10-01,95,1250"),
        [], [], Month, 2, [("2026-10-01", "revenue", 1_250.0)];
    stripe_payments: "Stripe, payments",
        file("id,Created date (UTC),Amount,Amount Refunded,Currency,Fee,Mode,Status,Customer ID
        ch_1,2026-10-01 08:10:00,20.00,0.00,eur,0.80,Live,Paid,cus_1
        ch_2,2026-10-01 22:30:00,30.00,0.00,eur,0.90,Live,Paid,cus_2
        ch_3,2026-10-02 08:10:00,40.00,10.00,eur,1.00,Live,Paid,cus_3
        ch_4,2026-10-02 09:10:00,99.00,0.00,eur,0.00,Live,Failed,cus_4"),
        ["metric:revenue", "edges"], [("edges", "import"), ("metric:revenue", "Amount less Amount Refunded")], Day, 2,
        [("2026-10-01", "revenue", 20.0), ("2026-10-01", "conversions", 1.0), ("2026-10-02", "revenue", 60.0), ("2026-10-02", "conversions", 2.0)];
    stripe_balance: "Stripe, balance transactions with payouts",
        file("id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC)
        txn_1,charge,ch_1,20.00,0.80,19.20,eur,2026-10-01 08:10:00,2026-10-08 00:00:00
        txn_2,charge,ch_2,30.00,0.90,29.10,eur,2026-10-01 09:30:00,2026-10-08 00:00:00
        txn_3,refund,re_1,-20.00,0.00,-20.00,eur,2026-10-02 08:10:00,2026-10-08 00:00:00
        txn_4,payout,po_1,-29.10,0.00,-29.10,eur,2026-10-03 09:10:00,2026-10-03 00:00:00"),
        ["metric:revenue", "edges"], [("edges", "import"), ("metric:revenue", "Amount")], Day, 2,
        [("2026-10-01", "revenue", 50.0), ("2026-10-01", "conversions", 2.0), ("2026-10-02", "revenue", -20.0), ("2026-10-02", "conversions", 0.0)];
    stripe_two_currencies: "Stripe, payments in two currencies",
        file("id,Created date (UTC),Amount,Currency,Status
        ch_1,2026-10-01 08:10:00,20.00,eur,Paid
        ch_2,2026-10-01 09:30:00,30.00,usd,Paid"),
        ["currency", "edges"], [("edges", "import"), ("currency", "usd")], Day, 1, [("2026-10-01", "revenue", 30.0), ("2026-10-01", "conversions", 1.0)];
    paypal: "PayPal, activity",
        file("\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"Transaction ID\",\"Balance\"
        \"10/01/2026\",\"09:00:00\",\"CEST\",\"A\",\"Express Checkout Payment\",\"Completed\",\"EUR\",\"1,020.00\",\"-1.00\",\"1,019.00\",\"T1\",\"1,019.00\"
        \"10/13/2026\",\"10:00:00\",\"CEST\",\"B\",\"Website Payment\",\"Completed\",\"EUR\",\"30.00\",\"-1.00\",\"29.00\",\"T2\",\"1,048.00\"
        \"10/13/2026\",\"11:00:00\",\"CEST\",\"A\",\"Payment Refund\",\"Completed\",\"EUR\",\"-20.00\",\"0.50\",\"-19.50\",\"T3\",\"1,028.50\"
        \"10/14/2026\",\"12:00:00\",\"CEST\",\"\",\"General Withdrawal\",\"Completed\",\"EUR\",\"-500.00\",\"0.00\",\"-500.00\",\"T4\",\"528.50\""),
        ["metric:revenue"], [("metric:revenue", "Gross")], Day, 2,
        [("2026-10-01", "revenue", 1_020.0), ("2026-10-13", "revenue", 10.0), ("2026-10-13", "conversions", 1.0)];
    paypal_de: "PayPal in German",
        file("\"Datum\",\"Uhrzeit\",\"Zeitzone\",\"Name\",\"Typ\",\"Status\",\"Währung\",\"Brutto\",\"Gebühr\",\"Netto\",\"Transaktionscode\"
        \"01.10.2026\",\"09:00:00\",\"CEST\",\"A\",\"Website-Zahlung\",\"Abgeschlossen\",\"EUR\",\"1.020,00\",\"-1,00\",\"1.019,00\",\"T1\"
        \"02.10.2026\",\"10:00:00\",\"CEST\",\"B\",\"Rückzahlung\",\"Abgeschlossen\",\"EUR\",\"-30,00\",\"1,00\",\"-29,00\",\"T2\""),
        ["metric:revenue"], [("metric:revenue", "Brutto")], Day, 2,
        [("2026-10-01", "revenue", 1_020.0), ("2026-10-02", "revenue", -30.0), ("2026-10-02", "conversions", 0.0)];
    square_summary: "Square, sales summary with days across",
        file("Sales,10/20/2026,10/21/2026,10/22/2026
        Gross Sales,\"$1,200.00\",$300.00,$150.00
        Returns,-$20.00,$0.00,$0.00
        Discounts & Comps,-$5.00,$0.00,$0.00
        Net Sales,\"$1,175.00\",$300.00,$150.00
        Tax,$90.00,$20.00,$10.00"),
        ["metric:revenue"], [("metric:revenue", "Net Sales")], Day, 3, [("2026-10-20", "revenue", 1_175.0), ("2026-10-22", "revenue", 150.0)];
    quickbooks_days: "QuickBooks, profit and loss by day",
        file("Profit and Loss
        Knit & Co
        \"October 19-21, 2026\"

        ,\"Oct 19, 2026\",\"Oct 20, 2026\",\"Oct 21, 2026\",Total
        Income,,,,
        Sales of product,$821.53,\"$1,188.40\",$518.51,\"$2,528.44\"
        Total Income,$821.53,\"$1,188.40\",$518.51,\"$2,528.44\"
        Expenses,,,,
        Rent,$100.00,$0.00,$0.00,$100.00
        Total Expenses,$100.00,$0.00,$0.00,$100.00
        Net Income,$721.53,\"$1,188.40\",$518.51,\"$2,428.44\""),
        [], [], Day, 3, [("2026-10-20", "revenue", 1_188.4), ("2026-10-19", "expenses", 100.0), ("2026-10-19", "net-income", 721.53)];
    quickbooks_sales: "QuickBooks, transaction list",
        file("Sales by Customer Detail,,,,,
        Knit & Co,,,,,
        ,,,,,
        Date,Transaction type,Num,Customer,Amount,Balance
        10/20/2026,Invoice,1001,A,\"1,200.00\",\"1,200.00\"
        10/21/2026,Sales Receipt,1002,B,80.00,\"1,280.00\"
        10/21/2026,Credit Memo,1003,A,-50.00,\"1,230.00\"
        TOTAL,,,,\"1,230.00\","),
        ["listed"], [("listed", "orders")], Day, 2,
        [("2026-10-20", "revenue", 1_200.0), ("2026-10-21", "revenue", 30.0), ("2026-10-21", "conversions", 1.0)];
    xero_pl: "Xero, profit and loss by month",
        file("Profit and Loss
        Knit Ltd
        For the 3 months ended 30 November 2026

        Account,Nov 2026,Oct 2026,Sep 2026

        Trading Income
        Sales,\"9,000.00\",\"8,500.00\",\"8,000.00\"
        Total Trading Income,\"9,000.00\",\"8,500.00\",\"8,000.00\"

        Operating Expenses
        Rent,(500.00),(500.00),(500.00)
        Total Operating Expenses,(500.00),(500.00),(500.00)

        Net Profit,\"8,500.00\",\"8,000.00\",\"7,500.00\""),
        [], [], Month, 3, [("2026-10-01", "revenue", 8_500.0)];
    xero_invoices: "Xero, invoices",
        file("ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,Currency,Type,Status
        A,INV-1,20/10/2026,19/11/2026,1200.00,GBP,Sales invoice,Paid
        B,INV-2,21/10/2026,20/11/2026,80.00,GBP,Sales invoice,Paid"),
        ["dateColumn"], [("dateColumn", "InvoiceDate")], Day, 2, [("2026-10-20", "revenue", 1_200.0)];
    plausible: "Plausible, visitors",
        file("date,visitors,pageviews,visits,views_per_visit,bounce_rate,visit_duration
        2026-10-01,90,300,120,2.5,45,95.5
        2026-10-02,95,310,125,2.48,44,90"),
        [], [], Day, 2, [("2026-10-01", "users", 90.0), ("2026-10-01", "sessions", 120.0), ("2026-10-01", "bounce-rate", 45.0)];
    matomo_de: "Matomo in German, weeks",
        file("Datum,Eindeutige Besucher,Besuche\n\"2026-10-05,2026-10-11\",90,120\n\"2026-10-12,2026-10-18\",95,125"),
        [], [], Week, 2, [("2026-10-05", "sessions", 120.0)];
    woocommerce_revenue: "WooCommerce, revenue report",
        file("Date,Orders,\"Gross sales\",Returns,Coupons,\"Net sales\",Taxes,Shipping,\"Total sales\"
        \"2026-10-20 00:00:00\",9,1644.03,0,0,1644.03,95.79,44.1,1783.92
        \"2026-10-21 00:00:00\",7,600,20,0,580,95.79,44.1,719.89"),
        ["metric:revenue"], [("metric:revenue", "Net sales")], Day, 2, [("2026-10-21", "revenue", 580.0), ("2026-10-20", "conversions", 9.0)];
    woocommerce_orders: "WooCommerce, orders with a line for each product",
        file("Order Number,Order Status,Order Date,Order Total,Product Name,Quantity
        101,wc-completed,2026-10-20 10:00,50.00,Hat,1
        101,wc-completed,2026-10-20 10:00,50.00,Scarf,1
        102,wc-processing,2026-10-20 11:00,30.00,Hat,1
        103,wc-cancelled,2026-10-21 11:00,70.00,Hat,1
        104,wc-completed,2026-10-21 12:00,20.00,Hat,1"),
        ["amounts"], [("amounts", "once")], Day, 2, [("2026-10-20", "revenue", 80.0), ("2026-10-20", "conversions", 2.0), ("2026-10-21", "revenue", 20.0)];
    etsy_orders: "Etsy, sold orders",
        file("Sale Date,Order ID,Buyer User ID,Number of Items,Order Value,Shipping,Sales Tax,Order Total,Status,Order Net
        10/20/26,1,a,2,50.00,5.00,4.00,59.00,Completed,55.00
        10/21/26,2,b,1,30.00,5.00,4.00,39.00,Completed,36.00"),
        ["metric:revenue"], [("metric:revenue", "Order Value")], Day, 2, [("2026-10-20", "revenue", 50.0), ("2026-10-21", "conversions", 1.0)];
    etsy_statement: "Etsy, monthly statement",
        file("Date,Type,Title,Info,Currency,Amount,Fees & Taxes,Net
        \"October 20, 2026\",Sale,Payment for Order #1,,EUR,€50.00,--,€50.00
        \"October 20, 2026\",Fee,Transaction fee,Order #1,EUR,--,-€3.25,-€3.25
        \"October 21, 2026\",Refund,Refund for Order #1,,EUR,-€50.00,--,-€50.00
        \"October 22, 2026\",Deposit,€46.75 sent to your bank account,,EUR,--,--,--"),
        ["listed", "metric:revenue", "rows:Type:Deposit"], [("listed", "orders"), ("metric:revenue", "Amount"), ("rows:Type:Deposit", "leftOut")], Day, 2, [("2026-10-20", "revenue", 50.0), ("2026-10-21", "revenue", -50.0)];
    amazon_business: "Amazon, business report by date",
        file("Date,Ordered Product Sales,Units Ordered,Total Order Items,Page Views - Total,Sessions - Total,Unit Session Percentage
        10/20/26,\"$1,644.03\",40,38,900,600,6.67%
        10/21/26,$580.00,20,19,700,500,4.00%"),
        [], [], Day, 2, [("2026-10-20", "revenue", 1_644.03)];
    amazon_payments: "Amazon, date range report with a preamble",
        file("\"Includes Amazon Marketplace transactions\"
        \"All amounts in USD, unless specified\"
        \"Definitions:\"
        \"Sales tax collected: Includes sales tax collected from buyers.\"
        \"date/time\",\"settlement id\",\"type\",\"order id\",\"sku\",\"product sales\",\"selling fees\",\"total\"
        \"Oct 20, 2026 12:05:13 AM PDT\",\"1\",\"Order\",\"111-1\",\"HAT\",\"20.00\",\"-3.00\",\"17.00\"
        \"Oct 20, 2026 11:05:13 PM PDT\",\"1\",\"Order\",\"111-2\",\"HAT\",\"1,020.00\",\"-3.00\",\"1,017.00\"
        \"Oct 21, 2026 1:05:13 AM PDT\",\"1\",\"Refund\",\"111-1\",\"HAT\",\"-20.00\",\"3.00\",\"-17.00\"
        \"Oct 21, 2026 2:05:13 AM PDT\",\"1\",\"Transfer\",\"\",\"\",\"0\",\"0\",\"-1,017.00\""),
        ["metric:revenue", "rows:type:Transfer", "edges"], [("edges", "import"), ("rows:type:Transfer", "leftOut"), ("metric:revenue", "product sales")], Day, 2,
        [("2026-10-20", "revenue", 20.0), ("2026-10-21", "revenue", 1_000.0), ("2026-10-21", "conversions", 1.0)];
    excel_fr: "Excel, France",
        file("Date;Visites;Visiteurs;Commandes;Chiffre d'affaires
        20/10/2026;1\u{202f}542;425;27;2\u{202f}597,18 €
        21/10/2026;531;419;33;2\u{a0}847,58 €
        Total;2 073;844;60;5 444,76 €"),
        [], [], Day, 2, [("2026-10-20", "sessions", 1_542.0), ("2026-10-21", "revenue", 2_847.58)];
    excel_es: "Excel, Spain",
        file("Fecha;Sesiones;Usuarios;Pedidos;Ventas\n20/10/2026;1.542;425;27;2.597,18\n21/10/2026;531;419;33;847,5"),
        [], [], Day, 2, [("2026-10-20", "sessions", 1_542.0), ("2026-10-21", "revenue", 847.5)];
    excel_it: "Excel, Italy",
        file("Data;Sessioni;Utenti;Ordini;Fatturato\n20/10/2026;542;425;27;€ 2.597,18\n21/10/2026;531;419;33;€ 847,50\nTotale;1.073;844;60;€ 3.444,68"),
        [], [], Day, 2, [("2026-10-20", "revenue", 2_597.18)];
    excel_nl: "Excel, Netherlands",
        file("Datum;Sessies;Bezoekers;Bestellingen;Omzet\n20-10-2026;542;425;27;€ 2.597,18\n21-10-2026;531;419;33;€ -847,50"),
        [], [], Day, 2, [("2026-10-21", "revenue", -847.5)];
    excel_pt: "Excel, Brazil",
        file("Data;Sessões;Usuários;Pedidos;Receita\n20/10/2026;542;425;27;R$ 2.597,18\n21/10/2026;531;419;33;R$ 847,50"),
        [], [], Day, 2, [("2026-10-20", "revenue", 2_597.18), ("2026-10-20", "users", 425.0)];
    excel_ch: "Excel, Switzerland",
        file("Datum;Besuche;Bestellungen;Umsatz\n20.10.2026;1'542;27;CHF 2'597.18\n21.10.2026;531;33;CHF 847.50"),
        [], [], Day, 2, [("2026-10-20", "sessions", 1_542.0), ("2026-10-20", "revenue", 2_597.18)];
    excel_uk: "Excel, United Kingdom",
        file("Date,Visits,Orders,Revenue\n20/10/2026,542,27,\"£2,597.18\"\n21/10/2026,531,33,£847.50\nTotal,1073,60,\"£3,444.68\""),
        [], [], Day, 2, [("2026-10-20", "revenue", 2_597.18)];
    excel_se: "Excel, Sweden, with ISO dates and spaces",
        file("Date;Sessions;Revenue\n2026-10-20;1 542;2 597,18 kr\n2026-10-21;531;847,50 kr"),
        [], [], Day, 2, [("2026-10-20", "sessions", 1_542.0), ("2026-10-20", "revenue", 2_597.18)];
    excel_accounting: "Excel, accounting format",
        file("Date\tSessions\tRevenue\n10/20/2026\t542\t\" $2,597.18 \"\n10/21/2026\t531\t $(12.50)\n10/22/2026\t0\t $-   "),
        [], [], Day, 3, [("2026-10-21", "revenue", -12.5), ("2026-10-22", "sessions", 0.0)];
    bars: "A table with vertical bars", file("date|sessions|revenue\n2026-10-20|542|2597.18\n2026-10-21|531|847.5"),
        [], [], Day, 2, [("2026-10-20", "revenue", 2_597.18)];
    trailing_minus: "An accounting system, minus behind", file("Datum;Umsatz\n20.10.2026;2.597,18\n21.10.2026;12,50-"),
        [], [], Day, 2, [("2026-10-21", "revenue", -12.5)];
    named_months: "Names of months, Wix", file("Date,Sessions,Unique visitors\n\"Oct 1, 2026\",120,90\n\"Oct 2, 2026\",125,95"),
        [], [], Day, 2, [("2026-10-01", "sessions", 120.0)];
    named_months_fr: "Names of months in French", file("Jour;Ventes\n1 octobre 2026;120,5\n2 octobre 2026;1 125,25"),
        [], [], Day, 2, [("2026-10-02", "revenue", 1_125.25)];
    serials: "Excel serial numbers", file("Date,Sessions,Revenue\n46315,542,2597.18\n46316,531,847.5"),
        [], [], Day, 2, [("2026-10-20", "revenue", 2_597.18)];
    hours: "Hours, Shopify", file("Hour,Orders,Total sales\n2026-10-20 00:00:00,1,10.5\n2026-10-20 01:00:00,2,20\n2026-10-21 00:00:00,3,30"),
        ["repeats"], [("repeats", "sum")], Day, 2, [("2026-10-20", "revenue", 30.5), ("2026-10-20", "conversions", 3.0)];
    two_shops: "Two shops with their names", file("Date,Store,Orders,Sales\n2026-10-20,North,5,100.5\n2026-10-20,South,3,50\n2026-10-21,North,4,90\n2026-10-21,South,2,40"),
        [], [], Day, 2, [("2026-10-20", "revenue", 150.5), ("2026-10-21", "conversions", 6.0)];
    two_shops_and_all: "Two shops and their sum", file("Date,Store,Orders,Sales\n2026-10-20,North,5,100.5\n2026-10-20,South,3,50\n2026-10-20,All stores,8,150.5"),
        ["rows:Store:All stores"], [("rows:Store:All stores", "leftOut")], Day, 1, [("2026-10-20", "revenue", 150.5)];
    duplicated: "Rows that are in the file twice", file("date,sessions,revenue\n2026-10-20,5,100.5\n2026-10-20,5,100.5\n2026-10-21,3,50"),
        ["repeats"], [("repeats", "once")], Day, 2, [("2026-10-20", "revenue", 100.5)];
    month_rows: "Months in words", file("Monat;Umsatz\nOktober 2026;12.597,18\nSeptember 2026;11.597,18"),
        [], [], Month, 2, [("2026-10-01", "revenue", 12_597.18)];
    month_iso: "Months as 2026-10", file("period,revenue\n2026-09,11597.18\n2026-10,12597.18"),
        [], [], Month, 2, [("2026-09-01", "revenue", 11_597.18)];
    quarters: "Quarters", file("Quarter,Revenue\nQ2 2026,11597.18\nQ3 2026,12597.18"),
        [], [], Quarter, 2, [("2026-07-01", "revenue", 12_597.18)];
    weeks: "ISO weeks", file("Woche;Besuche;Umsatz\n2026-W43;900;11597,18\n2026-W44;950;12597,18"),
        [], [], Week, 2, [("2026-10-19", "revenue", 11_597.18)];
    week_starts: "Weeks by their Mondays", file("date,revenue\n2026-10-05,11597.18\n2026-10-12,12597.18\n2026-10-19,12597.18"),
        ["grain"], [("grain", "week")], Week, 3, [("2026-10-05", "revenue", 11_597.18)];
    years: "Years across", file(",2024,2025\nRevenue,120000.5,140000.5\nRent,12000,12000"),
        [], [], Year, 2, [("2025-01-01", "revenue", 140_000.5)];
    no_known_name: "No column with a known name", file("day,apples\n2026-10-20,5\n2026-10-21,6"),
        ["column:apples"], [("column:apples", "leads")], Day, 2, [("2026-10-20", "leads", 5.0)];
    no_header: "No header", file("2026-10-20,5\n2026-10-21,6"),
        ["column:Column 2"], [("column:Column 2", "sessions")], Day, 2, [("2026-10-20", "sessions", 5.0)];
    two_blocks: "Two tables in one file",
        file("# Overview\nDate,Sessions\n2026-10-20,5\n2026-10-21,6\n\n# Sales\nDate,Revenue\n2026-10-20,50.5\n2026-10-21,60.5"),
        ["table"], [("table", "7")], Day, 2, [("2026-10-20", "revenue", 50.5)];
    parts: "A table in parts, with the header again",
        file("Date,Sessions\n2026-09-30,5\n\nDate,Sessions\n2026-10-01,6\n2026-10-02,7"),
        [], [], Day, 3, [("2026-10-02", "sessions", 7.0)];
    google_ads: "Google Ads, time series", file("Time series\n\"October 20, 2026 - October 22, 2026\"\nDay,Clicks,Impr.,Cost,Conversions\n2026-10-20,50,900,40.50,2.00\n2026-10-21,55,950,41.50,3.00"),
        [], [], Day, 2, [("2026-10-20", "conversions", 2.0)];
    sumup: "SumUp, transactions in German",
        file("Datum;Transaktionsnummer;Zahlungsart;Status;Gesamt;Trinkgeld\n20.10.2026, 09:15;TA1;Karte;Erfolgreich bezahlt;12,50;0,00\n20.10.2026, 10:15;TA2;Karte;Fehlgeschlagen;99,00;0,00\n21.10.2026, 10:15;TA3;Karte;Erfolgreich bezahlt;7,50;1,00"),
        [], [], Day, 2, [("2026-10-20", "revenue", 12.5), ("2026-10-21", "conversions", 1.0)];
    mollie: "Mollie, payments", file("Date,Payment method,Currency,Amount,Status,ID,Description\n2026-10-20 09:15:00,ideal,EUR,12.50,paid,tr_1,Order 1\n2026-10-20 10:15:00,ideal,EUR,99.00,expired,tr_2,Order 2\n2026-10-21 10:15:00,ideal,EUR,7.50,paid,tr_3,Order 3"),
        [], [], Day, 2, [("2026-10-20", "revenue", 12.5)];
    unclear_status: "A list with orders that are pending", file("Order ID,Date,Status,Total\n1,2026-10-20,paid,12.50\n2,2026-10-20,pending,99.00"),
        ["rows:Status:pending"], [("rows:Status:pending", "leftOut")], Day, 1, [("2026-10-20", "revenue", 12.5), ("2026-10-20", "conversions", 1.0)];
    positive_refunds: "A list with refunds without a minus", file("Transaction ID,Date,Type,Amount\n1,2026-10-20,Sale,12.50\n2,2026-10-20,Sale,10.00\n3,2026-10-21,Refund,10.00"),
        [], [], Day, 2, [("2026-10-20", "revenue", 22.5), ("2026-10-21", "revenue", -10.0), ("2026-10-21", "conversions", 0.0)];
    sum_without_label: "A sum without a label", file("date,sessions,revenue\n2026-10-20,5,100.5\n2026-10-21,3,50\n,8,150.5"),
        [], [], Day, 2, [("2026-10-21", "revenue", 50.0)];
    empty_columns: "Empty columns and rows of separators", file(",,date,,sessions,,\n,,,,,,\n,,2026-10-20,,5,,\n,,2026-10-21,,6,,\n,,,,,,"),
        [], [], Day, 2, [("2026-10-21", "sessions", 6.0)];
    nothing_marks: "Marks for nothing", file("date,sessions,revenue\n2026-10-20,5,-\n2026-10-21,n/a,50.5\n2026-10-22,#N/A,60"),
        [], [], Day, 3, [("2026-10-20", "sessions", 5.0), ("2026-10-22", "revenue", 60.0)];
    thousands: "Thousands without decimals", file("date;sessions;revenue\n2026-10-20;1.234;2.345\n2026-10-21;1.534;3.345"),
        ["decimals"], [("decimals", "comma")], Day, 2, [("2026-10-20", "sessions", 1_234.0), ("2026-10-20", "revenue", 2_345.0)];
    decided_by_another: "Thousands that another column decides", file("date;sessions;revenue\n2026-10-20;1.234;2.345,50\n2026-10-21;1.534;3.345"),
        [], [], Day, 2, [("2026-10-20", "sessions", 1_234.0), ("2026-10-21", "revenue", 3_345.0)];
    month_first_asked: "The firsts of months, or days of January", file("Date,Revenue\n01/01/2026,10.5\n01/02/2026,11.5\n01/03/2026,12.5"),
        ["dates"], [("dates", "monthFirst")], Day, 3, [("2026-01-02", "revenue", 11.5)];
    short_years: "Short years with points", file("Datum;Umsatz\n20.10.26;10,5\n21.10.26;11,5\n01.11.26;12,5"),
        [], [], Day, 3, [("2026-11-01", "revenue", 12.5)];
    zones: "Stamps with a zone", file("created_at,order_id,total\n2026-10-20T22:30:00Z,1,10.50\n2026-10-21T10:30:00Z,2,20.00"),
        ["edges"], [("edges", "import")], Day, 1, [("2026-10-21", "revenue", 30.5), ("2026-10-21", "conversions", 2.0)];
    future_decides: "Days that the other order would put in the future", file("Date,Revenue\n10/09/2026,10.5\n10/10/2026,11.5\n10/11/2026,12.5\n10/12/2026,13.5"),
        [], [], Day, 4, [("2026-10-09", "revenue", 10.5), ("2026-10-12", "revenue", 13.5)];
    counted_sales: "Sales that are counted", file("date,visits,sales\n2026-10-20,90,5\n2026-10-21,95,6"),
        ["sales"], [("sales", "conversions")], Day, 2, [("2026-10-20", "conversions", 5.0)];
    in_thousands: "Amounts in thousands", file("Datum;Umsatz (T€)\n20.10.2026;2,5\n21.10.2026;3,5"),
        ["scale:Umsatz (T€)"], [("scale:Umsatz (T€)", "multiply")], Day, 2, [("2026-10-20", "revenue", 2_500.0)];
    rates: "A rate with the name of a count", file("date,visits,conversion\n2026-10-20,90,5%\n2026-10-21,95,6%"),
        [], [], Day, 2, [("2026-10-20", "sessions", 90.0)];
    compared: "A comparison with the period before", file("Day,Sessions,Day (previous),Sessions (previous)\n2026-10-20,90,2026-09-20,80\n2026-10-21,95,2026-09-21,85"),
        ["dateColumn", "metric:sessions"], [("dateColumn", "Day"), ("metric:sessions", "Sessions")], Day, 2, [("2026-10-20", "sessions", 90.0)];
    two_currencies_a_day: "A row a day for each currency", file("date,currency,revenue\n2026-10-20,EUR,100.5\n2026-10-20,USD,50\n2026-10-21,EUR,90\n2026-10-21,USD,40"),
        ["currency", "repeats"], [("currency", "EUR")], Day, 2, [("2026-10-20", "revenue", 100.5)];
    supplier_invoices: "Invoices of suppliers", file("Invoice number,Date,Supplier,Total\n1,2026-10-20,A,100.50\n2,2026-10-21,B,50.00"),
        ["earned"], [("earned", "earned")], Day, 2, [("2026-10-20", "revenue", 100.5)];
    bank_statement: "A bank statement", file("Date,Description,Amount,Balance\n2026-10-20,Rent,-500.00,1500.00\n2026-10-20,Customer,100.00,1600.00\n2026-10-22,Customer,50.00,1650.00"),
        ["column:Amount", "column:Balance", "repeats"], [("column:Amount", "revenue"), ("column:Balance", "leaveOut"), ("repeats", "sum")], Day, 2, [("2026-10-20", "revenue", -400.0)];
}
