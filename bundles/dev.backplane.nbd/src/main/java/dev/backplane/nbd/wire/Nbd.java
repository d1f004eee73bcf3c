package dev.backplane.nbd.wire;

/** The protocol's numbers, under the names that it gives them ("Values"). */
public final class Nbd {
    /** The port that IANA has registered. */
    public static final int PORT = 10809;

    // "Newstyle negotiation"

    /** The first eight bytes of a server, "NBDMAGIC". */
    public static final long INIT_MAGIC = 0x4e42444d41474943L;

    /** Begins an option, and is the newstyle server's second word: "IHAVEOPT". */
    public static final long OPTION_MAGIC = 0x49484156454f5054L;

    /** Begins a reply to an option. */
    public static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;

    /** Handshake and client flag: the fixed newstyle negotiation. */
    public static final int FLAG_FIXED_NEWSTYLE = 1;

    /** Handshake and client flag: no 124 zeros behind the answer to EXPORT_NAME. */
    public static final int FLAG_NO_ZEROES = 1 << 1;

    // "Option types"

    /** Ends the negotiation; a server cannot refuse it except by closing. */
    public static final int OPT_EXPORT_NAME = 1;

    /** Ends the conversation. */
    public static final int OPT_ABORT = 2;

    /** Asks for the names of the exports. */
    public static final int OPT_LIST = 3;

    /** Asks for TLS. */
    public static final int OPT_STARTTLS = 5;

    /** Asks about an export. */
    public static final int OPT_INFO = 6;

    /** Asks about an export, and uses it. */
    public static final int OPT_GO = 7;

    /** Asks for structured replies. */
    public static final int OPT_STRUCTURED_REPLY = 8;

    /** Asks which metadata contexts there are. */
    public static final int OPT_LIST_META_CONTEXT = 9;

    /** Chooses metadata contexts. */
    public static final int OPT_SET_META_CONTEXT = 10;

    // "Option reply types"

    /** The option is accepted; the last reply. */
    public static final int REP_ACK = 1;

    /** An export's name. */
    public static final int REP_SERVER = 2;

    /** Something about an export. */
    public static final int REP_INFO = 3;

    /** A metadata context. */
    public static final int REP_META_CONTEXT = 4;

    /** Set in the types of refusals. */
    public static final int REP_FLAG_ERROR = 1 << 31;

    /** The option is not known. */
    public static final int REP_ERR_UNSUP = REP_FLAG_ERROR | 1;

    /** The option is forbidden. */
    public static final int REP_ERR_POLICY = REP_FLAG_ERROR | 2;

    /** The option is malformed, or comes at the wrong time. */
    public static final int REP_ERR_INVALID = REP_FLAG_ERROR | 3;

    /** TLS is needed first. */
    public static final int REP_ERR_TLS_REQD = REP_FLAG_ERROR | 5;

    /** There is no such export. */
    public static final int REP_ERR_UNKNOWN = REP_FLAG_ERROR | 6;

    /** The server is going away. */
    public static final int REP_ERR_SHUTDOWN = REP_FLAG_ERROR | 7;

    /** The client has to ask for block sizes. */
    public static final int REP_ERR_BLOCK_SIZE_REQD = REP_FLAG_ERROR | 8;

    /** The option is too long. */
    public static final int REP_ERR_TOO_BIG = REP_FLAG_ERROR | 9;

    /** REP_INFO: length and transmission flags. */
    public static final int INFO_EXPORT = 0;

    /** REP_INFO: the canonical name. */
    public static final int INFO_NAME = 1;

    /** REP_INFO: what people call it. */
    public static final int INFO_DESCRIPTION = 2;

    /** REP_INFO: smallest, preferred and largest block. */
    public static final int INFO_BLOCK_SIZE = 3;

    // "Transmission flags"

    /** Always set. */
    public static final int FLAG_HAS_FLAGS = 1;

    /** Writes fail. */
    public static final int FLAG_READ_ONLY = 1 << 1;

    /** CMD_FLUSH is there. */
    public static final int FLAG_SEND_FLUSH = 1 << 2;

    /** CMD_FLAG_FUA is there. */
    public static final int FLAG_SEND_FUA = 1 << 3;

    /** CMD_TRIM is there. */
    public static final int FLAG_SEND_TRIM = 1 << 5;

    /** CMD_WRITE_ZEROES is there. */
    public static final int FLAG_SEND_WRITE_ZEROES = 1 << 6;

    /** CMD_FLAG_DF is there. */
    public static final int FLAG_SEND_DF = 1 << 7;

    /** Several connections see each other's writes and flushes. */
    public static final int FLAG_CAN_MULTI_CONN = 1 << 8;

    // "Request types" and "Command flags"

    /** Begins a request. */
    public static final int REQUEST_MAGIC = 0x25609513;

    /** Reads. */
    public static final int CMD_READ = 0;

    /** Writes what follows. */
    public static final int CMD_WRITE = 1;

    /** Ends the conversation, without a reply. */
    public static final int CMD_DISC = 2;

    /** Makes stable what was written. */
    public static final int CMD_FLUSH = 3;

    /** Gives a range up. */
    public static final int CMD_TRIM = 4;

    /** Makes a range zeros. */
    public static final int CMD_WRITE_ZEROES = 6;

    /** Asks for the chosen metadata of a range. */
    public static final int CMD_BLOCK_STATUS = 7;

    /** It is stable before the reply. */
    public static final int CMD_FLAG_FUA = 1;

    /** Zeros keep their space. */
    public static final int CMD_FLAG_NO_HOLE = 1 << 1;

    /** The data comes in one piece. */
    public static final int CMD_FLAG_DF = 1 << 2;

    /** One extent is enough. */
    public static final int CMD_FLAG_REQ_ONE = 1 << 3;

    // "Structured reply types"

    /** Begins a simple reply. */
    public static final int SIMPLE_REPLY_MAGIC = 0x67446698;

    /** Begins a chunk of a structured reply. */
    public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

    /** The last chunk. */
    public static final int REPLY_FLAG_DONE = 1;

    /** Nothing but its flags. */
    public static final int REPLY_TYPE_NONE = 0;

    /** An offset, and bytes. */
    public static final int REPLY_TYPE_OFFSET_DATA = 1;

    /** An offset, and a number of zeros. */
    public static final int REPLY_TYPE_OFFSET_HOLE = 2;

    /** A context, and lengths with flags. */
    public static final int REPLY_TYPE_BLOCK_STATUS = 5;

    /** Set in the types of errors. */
    public static final int REPLY_TYPE_FLAG_ERROR = 1 << 15;

    /** An error number, and a message. */
    public static final int REPLY_TYPE_ERROR = REPLY_TYPE_FLAG_ERROR | 1;

    /** The same, and an offset. */
    public static final int REPLY_TYPE_ERROR_OFFSET = REPLY_TYPE_FLAG_ERROR | 2;

    // "base:allocation"

    /** The context that tells what is allocated. */
    public static final String BASE_ALLOCATION = "base:allocation";

    /** Not allocated. */
    public static final int STATE_HOLE = 1;

    /** Reads as zeros. */
    public static final int STATE_ZERO = 1 << 1;

    // "Error values"

    /** Not permitted. */
    public static final int EPERM = 1;

    /** Could not be read or written. */
    public static final int EIO = 5;

    /** No memory. */
    public static final int ENOMEM = 12;

    /** A request that makes no sense. */
    public static final int EINVAL = 22;

    /** No space, or behind the end. */
    public static final int ENOSPC = 28;

    /** Too much for one piece. */
    public static final int EOVERFLOW = 75;

    /** Not supported. */
    public static final int ENOTSUP = 95;

    /** The server is going away. */
    public static final int ESHUTDOWN = 108;

    // "Size constraints"

    /** No name or other string is longer. */
    public static final int MAX_STRING_BYTES = 4096;

    /** No request has more data where nothing else was agreed on. */
    public static final int MAX_PAYLOAD_BYTES = 32 << 20;

    private Nbd() {}
}
