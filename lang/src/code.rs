//! The registry of diagnostic codes.
//!
//! Codes are grouped by phase and never reused. Each has a page in `lang/errors/` with its
//! meaning, a faulty example and a mended one; tests hold registry and pages together.

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The result stands, but probably is not what was meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A stable diagnostic code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code {
    /// The code as shown, such as `E0301`.
    pub id: &'static str,
    /// What it stands for, in a few words.
    pub title: &'static str,
}

impl Code {
    /// `W…` codes are warnings, all others errors.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.id.starts_with('W') { Severity::Warning } else { Severity::Error }
    }

    /// The page that explains it: meaning, a faulty example, a mended one.
    #[must_use]
    pub fn page(self) -> &'static str {
        PAGES.iter().find(|(id, _)| *id == self.id).map_or("", |(_, page)| page)
    }

    /// The code with this id, in any case of letters.
    #[must_use]
    pub fn find(id: &str) -> Option<Code> {
        ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code { id: $id, title: $title };)*
        /// Every code, in order.
        pub const ALL: &[Code] = &[$($name),*];
        const PAGES: &[(&str, &str)] =
            &[$(($id, include_str!(concat!("../errors/", $id, ".md")))),*];
    };
}

codes! {
    // E01xx: reading and syntax.
    UNREADABLE_FILE = "E0101", "a source cannot be read";
    NOT_UTF8 = "E0102", "a source is not UTF-8 text";
    SOURCE_TOO_LARGE = "E0103", "the sources are too large";
    UNEXPECTED_CHARACTER = "E0104", "a character that has no place here";
    UNTERMINATED_STRING = "E0105", "a string without its closing quote";
    UNKNOWN_ESCAPE = "E0106", "an unknown escape in a string";
    UNCLOSED_BLOCK = "E0107", "a block without its closing brace";
    UNOPENED_BLOCK = "E0108", "a closing brace without a block";
    NESTING_TOO_DEEP = "E0109", "blocks nested too deep";
    FAULTY_EXPRESSION = "E0110", "an expression that cannot be read";
    EXPECTED_STATEMENT = "E0111", "a statement must start with a keyword";
    MISPLACED_COMMA = "E0112", "a comma without an argument on both sides";

    // E02xx: words, arguments and evaluation.
    UNKNOWN_STATEMENT = "E0201", "an unknown statement";
    MISPLACED_STATEMENT = "E0202", "a statement in the wrong place";
    REPEATED_STATEMENT = "E0203", "a statement that may stand only once";
    NOT_COMPILED_YET = "E0204", "a part of the language that this release does not compile";
    WRONG_ARGUMENT = "E0205", "an argument of the wrong kind";
    MISSING_ARGUMENT = "E0206", "a missing argument";
    EXTRA_ARGUMENT = "E0207", "an argument too many";
    BLOCK_NOT_ALLOWED = "E0208", "a block where there can be none";
    BLOCK_REQUIRED = "E0209", "a missing block";
    UNKNOWN_VARIABLE = "E0210", "an unknown variable";
    NOT_A_NUMBER = "E0211", "arithmetic on something that is not a number";
    ARITHMETIC = "E0212", "arithmetic without a result";
    TOO_MANY_STATEMENTS = "E0213", "loops that unfold into too many statements";
    REPEATED_VARIABLE = "E0214", "a variable bound twice";
    INCLUDE_CYCLE = "E0215", "files that include each other";
    MISSING_STATEMENT = "E0216", "a statement that must be there";

    // E03xx: names and addresses.
    DUPLICATE_NAME = "E0301", "one name for two things";
    UNKNOWN_NODE = "E0302", "an unknown node";
    OVERLAPPING_NETWORKS = "E0303", "networks that overlap";
    OUTSIDE_NETWORK = "E0304", "an address or block outside its network";
    DUPLICATE_ADDRESS = "E0305", "one address for two things";
    EXHAUSTED = "E0306", "no free address, block or port left";
    BAD_NETWORK = "E0307", "a network that cannot be divided so";
    RESERVED_ADDRESS = "E0308", "an address that has another use";
    MISSING_FAMILY = "E0309", "an address family that is not there";
    MTU_TOO_LARGE = "E0310", "an MTU that does not fit through the underlay";
    NOT_ONE_SEGMENT = "E0311", "host-gw nodes on different segments";
    UNKNOWN_DOCKER = "E0312", "an unknown network or container of Docker";
    MARK_IN_USE = "E0313", "one mark for two things";
    NOT_IN_CLUSTER = "E0314", "something that the cluster does not have";
    UNKNOWN_PRIMITIVE = "E0330", "an unknown namespace, device, rule or chain of primitives";
    RESERVED_NAME = "E0331", "a name that belongs to somebody else";
    MIXED_FAMILIES = "E0332", "addresses of two families where one is meant";
    GATEWAY_OUT_OF_REACH = "E0333", "a gateway or source that no address of the host fits";
    AMBIGUOUS_NAME = "E0340", "a name that several have";
    SENSELESS_QUESTION = "E0341", "a question that makes no sense";
    ASSERT_FAILED = "E0342", "an assert that does not hold";
    PACKETS_IN_CIRCLES = "E0343", "packets that go in circles";
    CLAIMED_TWICE = "E0350", "one host and path for two backends";
    UNKNOWN_BACKEND = "E0351", "an ingress that leads to a service or port that is not there";
    NAMED_BACKEND = "E0352", "an ingress that leads to a service of type external-name";
    EMPTY_INGRESS = "E0353", "an ingress or host that leads to nothing";
    TWO_CERTIFICATES = "E0354", "two certificates for one host";
    MISSING_CERTIFICATE = "E0355", "a file of a secret that is not there";
    INGRESS_PORT_TAKEN = "E0356", "a port for ingresses that something else has";
    NO_SCTP = "E0360", "SCTP, which the userspace mode does not pass on";
    NO_UDP = "E0361", "UDP, which HAProxy does not pass on";
    PROXY_PORT = "E0362", "a port that the proxy cannot have";
    CANNOT_ANNOUNCE = "E0365", "an address that no node can announce";
    PEER_OUT_OF_REACH = "E0366", "a router that a node does not reach directly";
    REFUSED_SPEAKER = "E0367", "a configuration that BIRD or FRR refuses";
    KERNELSPACE_ON_LINUX = "E0380", "a Linux node in a cluster of kernelspace mode";
    RUNS_WINDOWS = "E0381", "a Windows node, which netc does not program";
    NOT_ON_WINDOWS = "E0382", "something that a Windows node does not have";
    CANNOT_LISTEN = "E0383", "a port that cannot be listened at";

    // E04xx: pods and services.
    DUPLICATE_PORT = "E0401", "one port for two things";
    SERVICE_WITHOUT_PORT = "E0402", "a service without a port";
    UNKNOWN_PORT = "E0403", "an unknown port name";
    NODE_PORT_RANGE = "E0404", "a node port outside the range";
    CONTRADICTION = "E0405", "statements that contradict each other";

    // E05xx: lowering and ordering.
    CONFLICTING_OBJECTS = "E0501", "two statements want one object differently";
    DEPENDENCY_CYCLE = "E0502", "objects that need each other";
    MISSING_OBJECT = "E0503", "an object that nothing makes";
    SET_TOO_LARGE = "E0504", "a set with too many members";

    // E06xx: the live node.
    KERNEL_REFUSED = "E0601", "the kernel refused an operation";
    TOOL_FAILED = "E0602", "a tool failed or is missing";
    NODE_NOT_READY = "E0603", "the node lacks something that netc does not make";
    NOT_AS_PLANNED = "E0604", "the node reads back differently from the plan";
    FOREIGN_OBJECT = "E0605", "something of somebody else is in the way";
    NODE_BUSY = "E0606", "another netc is at work on this node";
    BAD_STATE = "E0607", "what netc remembers of the node cannot be read";
    CANNOT_REMEMBER = "E0608", "what netc must remember of the node cannot be written";
    PROBE_FAILED = "E0609", "a probe that failed";
    NO_WATCHDOG = "E0610", "the watchdog does not start";
    NOT_UNDONE = "E0611", "a change that could not be undone";
    UNCONFIRMED = "E0612", "an apply that awaits its confirmation";
    NO_WAY_BACK = "E0613", "nothing to go back to";
    OTHER_BACKEND = "E0614", "rules in the other iptables back end";
    BAD_PLAN = "E0615", "a saved plan that cannot be used";
    ADDRESS_HELD = "E0616", "an address that another device has";
    LACKS_IPVS = "E0617", "a node that cannot do IPVS";
    NO_BALANCER = "E0618", "a program that is to serve and is not installed";
    NO_CERTIFICATE = "E0619", "a certificate that is not on the node";
    PORT_TAKEN = "E0620", "a port that another program listens on";

    // E07xx: the project and its files.
    BAD_LOCK = "E0701", "a lock file that cannot be used";
    BAD_MANIFEST = "E0702", "a manifest that cannot be used";
    CANNOT_WRITE = "E0703", "a file that cannot be written";
    NO_SOURCES = "E0704", "no sources";
    BAD_ARTEFACTS = "E0705", "artefacts that cannot be read";

    // E08xx: Kubernetes objects.
    UNREADABLE_OBJECTS = "E0801", "an object file that is not JSON or YAML";
    REPEATED_KEY = "E0802", "a key that stands twice";
    WRONG_FIELD_TYPE = "E0803", "a field of the wrong type";
    MISSING_FIELD = "E0804", "a field that must be there";
    BAD_FIELD_VALUE = "E0805", "a value that a field cannot have";
    CONTRADICTING_FIELDS = "E0806", "fields that contradict each other";
    DUPLICATE_OBJECT = "E0807", "one object twice";

    // E082x: questions of the command line.
    FAULTY_QUESTION = "E0820", "a question that cannot be read";

    // E083x: questions to `netc why`.
    NOTHING_KNOWN = "E0830", "a word that nothing is known of";
    AMBIGUOUS_PART = "E0831", "a part that many lines have";

    // E0845: pictures.
    UNKNOWN_PICTURE = "E0845", "a file that stands for no kind of picture";

    // E085x: labs.
    LAB_NAME_TAKEN = "E0850", "a name that another lab has";
    NO_LAB = "E0851", "a lab that does not run";
    NO_NAMESPACES = "E0852", "namespaces that may not be made";
    LAB_FAILED = "E0853", "a lab that does not come up or go down";
    LAB_FOLDER = "E0854", "what is remembered of labs cannot be read or written";
    LAB_SOURCES = "E0855", "sources that the nodes of a lab cannot read";
    LAB_COMMAND = "E0856", "a command that cannot be started in a lab";
    NOT_ANSWERED = "E0857", "somebody in a lab who does not answer";
    LAB_OUTGROWN = "E0858", "changed sources that want other machines of a lab";

    // E086x: what is broken in a lab on purpose.
    NO_DELAYS = "E0860", "a kernel that cannot delay packets";
    NOTHING_TO_BREAK = "E0861", "nothing that can be broken";
    NOT_BROKEN = "E0862", "something in a lab that could not be broken or healed";

    // Wxxxx: warnings.
    NO_POD_NETWORK = "W0301", "an address or block for which there is no pod network";
    MTU_OF_FLANNEL = "W0310", "an MTU as flannel has it, which is too large";
    CARRIED_BY_OTHERS = "W0311", "an overlay whose packets something else must carry";
    UNHEEDED_MARK = "W0312", "a mark that flannel does not know";
    PODS_HIDDEN = "W0313", "pods that pods of other nodes do not know by their address";
    SERVICES_ASTRAY = "W0314", "pods in a vlan that do not reach services of their own node";
    NOT_REACHED = "W0340", "pods or nodes that do not reach each other";
    SOURCE_LOST = "W0341", "pods that others see by another address";
    UNEVEN_SERVICE = "W0342", "a service port that does not lead to each of its endpoints";
    BLACK_HOLE = "W0343", "an address of the cluster that does not answer";
    IDLE_RULE = "W0344", "a rule that no packet gets to";
    SHADOWED = "W0345", "a rule that stands behind another one for the same";
    UNSERVED_INGRESSES = "W0350", "ingresses that nobody serves";
    IDLE_BACKEND = "W0351", "an ingress that leads to a service without ready endpoints";
    IDLE_CERTIFICATE = "W0352", "a certificate that nothing needs";
    FOREIGN_CLASS = "W0353", "an ingress of a class that nobody serves";
    LEFT_OUT_BACKEND = "W0354", "a backend in a Kubernetes cluster that is not there";
    USERSPACE_IS_GONE = "W0360", "a mode of the proxy that Kubernetes has removed";
    UNHEEDED_SOURCES = "W0361", "source ranges that the proxy does not heed";
    UNANNOUNCED = "W0365", "a load-balancer address that nobody announces";
    VXLAN_OF_WINDOWS = "W0380", "a vxlan that Windows nodes cannot join";
    VTEP_OF_WINDOWS = "W0381", "an Ethernet address that Windows chooses";
    KERNELSPACE_DIFFERS = "W0382", "a service that Windows nodes serve otherwise";
    UNJUDGED = "W0383", "a claim about a Windows node, which cannot be judged";
    SELECTS_NOTHING = "W0401", "a service that selects nothing";
    NODE_PORTS_EPHEMERAL = "W0402", "node ports inside the ephemeral port range";
    SHARED_PORTAL = "W0403", "two services behind one address and port";
    UNHEEDED_WEIGHT = "W0404", "a weight that nothing goes by";
    LOCAL_FALLS_BACK = "W0405", "local traffic that may leave its node";
    NO_REJECT = "W0406", "connections that no rule refuses";
    PUBLISHED_NODE_PORT = "W0407", "a published port that a service has too";
    IPVS_FALLBACK = "W0601", "iptables stands in for IPVS";
    STALE_LOCK_ENTRY = "W0701", "a lock entry that no longer fits";
    UNUSED_OBJECTS = "W0801", "objects that are not used";
    UNSCHEDULED_PODS = "W0802", "pods that are on no node yet";
    UNCOMPILED_BACKEND = "W0803", "a backend of an ingress that is not compiled";
    UNHEEDED_ANNOTATION = "W0804", "an annotation of an ingress that is not heeded";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
        }
    }
}
