//! The known commands of LaTeX.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The symbols of commands.
pub(super) static SYMBOLS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let words: Vec<&str> = NAMES_AND_SYMBOLS.split_whitespace().collect();
    words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
});

/// Commands of formatting. They are omitted and their content is shown.
pub(super) static DROPPED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| LOOKS.split_whitespace().collect());

/// Functions, shown by their names.
pub(super) static FUNCTIONS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| FUNCTION_NAMES.split_whitespace().collect());

/// Returns whether a command is known. Only LaTeX has such a name after a backslash.
pub(super) fn is_known(name: &str) -> bool {
    STRUCTURE.split_whitespace().any(|known| known == name)
        || SYMBOLS.contains_key(name)
        || DROPPED.contains(name)
        || FUNCTIONS.contains(name)
}

const STRUCTURE: &str = "frac dfrac tfrac cfrac sqrt text textrm textbf textit texttt mbox left right begin \
    end tag quad qquad";

const LOOKS: &str = "mathrm mathbf mathit mathsf mathtt mathbb mathcal boldsymbol operatorname displaystyle textstyle \
    scriptstyle boxed underline overline hat widehat bar vec tilde dot underbrace overbrace big Big bigg \
    Bigg limits nolimits nonumber notag mathop mathord mathbin mathrel phantom hfill cancel hline";

const FUNCTION_NAMES: &str = "log ln lg exp max min sup inf lim sin cos tan arg det gcd Pr";

/// Pairs of a command and its symbol.
const NAMES_AND_SYMBOLS: &str = "times × cdot · div ÷ pm ± mp ∓ ast * star ⋆ bullet • approx ≈ sim ∼ simeq ≃ cong ≅ equiv ≡ neq ≠ ne \
    ≠ leq ≤ le ≤ geq ≥ ge ≥ lt < gt > ll ≪ gg ≫ propto ∝ to → rightarrow → leftarrow ← longrightarrow ⟶ \
    Rightarrow ⇒ Leftarrow ⇐ implies ⟹ iff ⇔ leftrightarrow ↔ Leftrightarrow ⇔ uparrow ↑ downarrow ↓ \
    mapsto ↦ infty ∞ sum ∑ prod ∏ int ∫ partial ∂ nabla ∇ ldots … dots … cdots ⋯ vdots ⋮ in ∈ notin ∉ \
    subset ⊂ cup ∪ cap ∩ forall ∀ exists ∃ therefore ∴ because ∵ land ∧ lor ∨ neg ¬ emptyset ∅ circ ° \
    degree ° prime ′ euro € pounds £ yen ¥ dollar $ percent % mid | vert | lvert | rvert | lfloor ⌊ \
    rfloor ⌋ lceil ⌈ rceil ⌉ langle ⟨ rangle ⟩ lbrace { rbrace } checkmark ✓ alpha α beta β gamma γ \
    delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma \
    σ tau τ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Pi Π Sigma Σ Phi Φ Psi Ψ \
    Omega Ω";
