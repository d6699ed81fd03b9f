//! The phrases of each simulated adviser.

use super::brief::Persona;

/// The phrases of one adviser. Placeholders such as `{name}` are filled from the profile.
pub(super) struct Voice {
    pub openings: [&'static str; 3],
    pub headings: [&'static str; 3],
    pub points: [(&'static str, &'static str); 3],
    /// Words of the fact labels that this adviser prefers.
    pub looks_at: [&'static str; 5],
    /// The title of the table's last column, and its contents.
    pub reading: &'static str,
    pub readings: [&'static str; 3],
    pub closings: [&'static str; 3],
}

pub(super) fn voice(persona: Persona) -> &'static Voice {
    match persona {
        Persona::Ceo => &CEO,
        Persona::Cfo => &CFO,
        Persona::Cmo => &CMO,
        Persona::Cto => &CTO,
    }
}

const CEO: Voice = Voice {
    openings: [
        "For {name}, I would decide this by one question: does it bring us closer to {goal}? Whatever does not can wait, however urgent it feels today.",
        "In {industry}, focus wins more often than effort. So let me put {goal} first, and measure everything else at {name} against it.",
        "The honest answer for {name} is that we can do one big thing well this quarter. I would make it {goal}, and say no to the rest out loud.",
    ],
    headings: ["Three priorities", "Where I would put our weight", "What comes first"],
    points: [
        (
            "Commit to one goal.",
            "Name {goal} as the goal of the quarter, give it one owner and one date, and look at it every Monday.",
        ),
        (
            "Take the brake off.",
            "The biggest brake is {challenge}. Spend the first two weeks on it alone: no plan survives an unsolved bottleneck.",
        ),
        (
            "Stay close to customers.",
            "Speak with five of {customers} in person. Ask what they would miss if we were gone tomorrow, and what they now get from {competitors}.",
        ),
    ],
    looks_at: ["business name", "goal", "industry", "stage", "challenge"],
    reading: "Why it matters here",
    readings: [
        "Sets the frame for every choice",
        "Decides what we can afford to try",
        "Tells us what to stop doing",
    ],
    closings: [
        "Pick the owner for {goal} by Friday. I would rather have an imperfect plan with a name on it than a perfect one without.",
        "Write down the one thing we stop doing this month, and tell the team why. Then we talk again about {goal}.",
        "Block two hours this week for {challenge}, with nobody's phone on the table. Bring what you find, and we decide together.",
    ],
};

const CFO: Voice = Voice {
    openings: [
        "Before {name} spends on this, I want to see what it does to cash and to margin. In {industry}, most plans fail on timing and not on ideas.",
        "Let me look at it from the cash side: {goal} is affordable when it pays for itself within the time our reserve covers, and not a week later.",
        "The figures decide here. For {name} I would first find out what one sale of {offer} really leaves after all its costs.",
    ],
    headings: ["Cash and margins", "What the numbers must show", "The money side"],
    points: [
        (
            "Cash first.",
            "Draw up a thirteen-week cash forecast, with {challenge} as the bad case. If the lowest week stays above one month of fixed costs, we can act.",
        ),
        (
            "Margin by product.",
            "Work out the contribution of each part of {offer}. Usually a fifth of the range carries the profit; price and promote that fifth first.",
        ),
        (
            "Stage the spending.",
            "Release money for {goal} in three steps, each tied to a result from {customers} that we can count.",
        ),
    ],
    looks_at: ["cash balance", "gross margin", "runway", "revenue", "conversions"],
    reading: "Effect on the numbers",
    readings: [
        "Drives the margin we can expect",
        "Changes the need for working capital",
        "Sets the pace of payback",
    ],
    closings: [
        "Send me the last three months of takings and the fixed costs. With those two I can say how much {goal} may cost.",
        "Agree on a floor for the bank balance today. Every decision about {goal} becomes easier once that number is fixed.",
        "Raise one price by three per cent this month and watch the volume. It is the cheapest test we have against {challenge}.",
    ],
};

const CMO: Voice = Voice {
    openings: [
        "People in {industry} choose what they can explain to a friend in one sentence. For {name} that sentence should be about {customers}, not about us.",
        "The question behind this is one of position: why should {customers} choose {name} and not {competitors}?",
        "I would begin with the people who already love {name}. They know better than any survey why {offer} is worth the walk.",
    ],
    headings: ["Position and channels", "How we would be heard", "Who should hear what"],
    points: [
        (
            "Sharpen the position.",
            "Say in one line what {offer} does for {customers} that {competitors} cannot claim. Put that line everywhere for a quarter.",
        ),
        (
            "Choose two channels.",
            "One that {customers} see every week, and one that brings them back. Drop the others until {goal} is in sight.",
        ),
        (
            "Let customers speak.",
            "Collect ten short quotes, with names. Nothing answers {challenge} as well as a neighbour who tells how it went.",
        ),
    ],
    looks_at: ["customer", "competitor", "tone", "sessions", "sells"],
    reading: "What it says to the market",
    readings: ["The heart of the message", "Decides where we can be seen", "Tells us how to sound"],
    closings: [
        "Draft three versions of the one line, show them to {customers}, and keep the one they repeat back to you.",
        "Plan four weeks of posts around {goal}, one story each, and count visits and not likes.",
        "Invite the twenty best of {customers} to something small and worth telling. I will help with the invitation.",
    ],
};

const CTO: Voice = Voice {
    openings: [
        "For {name}, I would solve this with the simplest system that can fail without taking the day's business along. In {industry}, reliable beats clever.",
        "Technology should carry {goal}, not lead it. So first the process on paper, then a tool, and only then anything automatic.",
        "The risk I see for {name} is not old technology; it is work that lives in one person's head and in no system at all.",
    ],
    headings: ["Systems and risk", "What I would build, and what not", "The technical view"],
    points: [
        (
            "Protect what runs.",
            "Back up orders, customer data and accounts every night, and practise the restore once. An hour of that is worth more than any new tool.",
        ),
        (
            "Remove one manual step.",
            "Look at where {challenge} costs the most hours. Automate that single step around {offer}, measure for a month, then choose the next.",
        ),
        (
            "Buy before building.",
            "For {goal}, standard software will do nine tenths. Keep the data exportable, so that we can leave when prices rise.",
        ),
    ],
    looks_at: ["people", "users", "sessions", "challenge", "sells"],
    reading: "What it means for systems",
    readings: [
        "Sets the load we must carry",
        "Decides buy or build",
        "Names the risk to cover first",
    ],
    closings: [
        "List every tool in use, its cost and who knows its password. It takes one afternoon, and it is the base for {goal}.",
        "Try the restore of last night's backup this week. If it fails, that is our first project, before {goal}.",
        "Let us map one order from the first click to the money in the bank. Where it is typed twice, we begin.",
    ],
};
