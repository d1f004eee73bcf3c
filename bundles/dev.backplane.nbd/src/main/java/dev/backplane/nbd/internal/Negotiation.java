package dev.backplane.nbd.internal;

import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.MetaContexts;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Option;
import dev.backplane.nbd.wire.OptionReply;
import dev.backplane.nbd.wire.Text;
import dev.backplane.nbd.wire.TlsTransport;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The first part of a conversation ("Fixed newstyle negotiation"): the client asks until it has an export. For one thread. */
final class Negotiation {
    /** What a client may ask; a longer conversation leads nowhere. */
    private static final int MOST_OPTIONS = 4096;

    private static final int INBOX_BYTES = 64 << 10;
    private static final int PREFERRED_BLOCK = 4096;
    /** The only context's number. */
    static final int ALLOCATION_ID = 1;

    private final Exports exports;
    private final NbdServerOptions options;
    private Transport transport;
    private Inbox inbox;
    private boolean secure;
    private boolean structured;
    private boolean noZeroes;
    /** The export for which the client has chosen its contexts, and whether allocation is among them. */
    private @Nullable NbdExport contextsOf;

    private boolean allocation;
    private @Nullable NbdExport chosen;

    Negotiation(Transport transport, Exports exports, NbdServerOptions options) {
        this.transport = transport;
        this.exports = exports;
        this.options = options;
        inbox = new Inbox(transport, INBOX_BYTES);
    }

    Transport transport() {
        return transport;
    }

    Inbox inbox() {
        return inbox;
    }

    NbdExport export() {
        NbdExport export = chosen;
        if (export == null) {
            throw new IllegalStateException("nothing has been chosen");
        }
        return export;
    }

    boolean isStructured() {
        return structured;
    }

    boolean hasAllocation() {
        return allocation && contextsOf == chosen;
    }

    /** Returns whether the client uses an export now. */
    boolean run() throws IOException {
        ByteBuffer greeting = ByteBuffer.allocate(18)
                .putLong(Nbd.INIT_MAGIC)
                .putLong(Nbd.OPTION_MAGIC)
                .putShort((short) (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES));
        transport.write(greeting.flip());
        int flags = inbox.take(4).getInt();
        if ((flags & ~(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)) != 0 || (flags & Nbd.FLAG_FIXED_NEWSTYLE) == 0) {
            throw new NbdException("client flags 0x%x: expected fixed newstyle".formatted(flags));
        }
        noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
        for (int count = 0; count < MOST_OPTIONS; count++) {
            Option option = Option.receive(inbox);
            if (option.code() == Nbd.OPT_ABORT) {
                reply(option, Nbd.REP_ACK);
                transport.finish();
                return false;
            }
            handle(option);
            if (chosen != null) {
                return true;
            }
        }
        throw new NbdException("more than %d options".formatted(MOST_OPTIONS));
    }

    private void handle(Option option) throws IOException {
        boolean locked = options.tls().isPresent() && !secure;
        if (locked && option.code() == Nbd.OPT_EXPORT_NAME) {
            throw new NbdException("it has not asked for TLS, which it has to use here");
        }
        if (locked && option.code() != Nbd.OPT_STARTTLS) {
            refuse(option, Nbd.REP_ERR_TLS_REQD, "ask for TLS first");
            return;
        }
        switch (option.code()) {
            case Nbd.OPT_EXPORT_NAME -> exportName(option);
            case Nbd.OPT_LIST -> list(option);
            case Nbd.OPT_STARTTLS -> startTls(option);
            case Nbd.OPT_INFO, Nbd.OPT_GO -> info(option);
            case Nbd.OPT_STRUCTURED_REPLY -> structuredReply(option);
            case Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT -> metaContexts(option);
            default -> refuse(option, Nbd.REP_ERR_UNSUP, "this option is not known here");
        }
    }

    private void reply(Option option, int type) throws IOException {
        new OptionReply(option.code(), type, ByteBuffer.allocate(0)).send(transport);
    }

    private void reply(Option option, int type, ByteBuffer data) throws IOException {
        new OptionReply(option.code(), type, data).send(transport);
    }

    private void refuse(Option option, int type, String reason) throws IOException {
        reply(option, type, ByteBuffer.wrap(Text.bytes(reason)));
    }

    private ExportInfo describe(NbdExport export) {
        int flags = Nbd.FLAG_HAS_FLAGS | Nbd.FLAG_SEND_FLUSH | Nbd.FLAG_CAN_MULTI_CONN;
        if (structured) {
            flags |= Nbd.FLAG_SEND_DF;
        }
        flags |= export.isWritable()
                ? Nbd.FLAG_SEND_FUA | Nbd.FLAG_SEND_TRIM | Nbd.FLAG_SEND_WRITE_ZEROES
                : Nbd.FLAG_READ_ONLY;
        return new ExportInfo(export.storage().capacityBytes(), flags, 1, PREFERRED_BLOCK, Nbd.MAX_PAYLOAD_BYTES);
    }

    /** The old way: no other answer is possible than the export, or the end. */
    private void exportName(Option option) throws IOException {
        String name = Text.get(option.data(), option.data().remaining(), "the export's name");
        NbdExport export = exports.find(name)
                .orElseThrow(
                        () -> new NbdException("it asks for the export \"%s\", which is not there".formatted(name)));
        ExportInfo info = describe(export);
        ByteBuffer answer = ByteBuffer.allocate(noZeroes ? 10 : 134)
                .putLong(info.bytes())
                .putShort((short) info.flags())
                .rewind();
        transport.write(answer);
        chosen = export;
    }

    private void list(Option option) throws IOException {
        if (option.data().hasRemaining()) {
            refuse(option, Nbd.REP_ERR_INVALID, "a list has no data");
            return;
        }
        for (NbdExport export : exports.all()) {
            byte[] description = Text.bytes(export.description());
            ByteBuffer entry = ByteBuffer.allocate(4 + Text.bytes(export.name()).length + description.length);
            Text.put(entry, export.name());
            reply(option, Nbd.REP_SERVER, entry.put(description).flip());
        }
        reply(option, Nbd.REP_ACK);
    }

    private void startTls(Option option) throws IOException {
        if (options.tls().isEmpty()) {
            refuse(option, Nbd.REP_ERR_POLICY, "there is no TLS here");
            return;
        }
        if (secure || option.data().hasRemaining()) {
            refuse(option, Nbd.REP_ERR_INVALID, secure ? "this is TLS already" : "this option has no data");
            return;
        }
        if (inbox.buffered() > 0) {
            // Somebody in between could have put them there, to be taken for what was said under TLS.
            throw new NbdException("it does not wait for the answer to STARTTLS");
        }
        reply(option, Nbd.REP_ACK);
        transport = TlsTransport.handshake(transport, options.tls().get().serverEngine(options.verifyClients()));
        inbox = new Inbox(transport, INBOX_BYTES);
        secure = true;
        // Nothing that was agreed on before counts.
        structured = false;
        contextsOf = null;
    }

    private void info(Option option) throws IOException {
        ByteBuffer data = option.data();
        String name;
        try {
            name = Text.get(data, "the export's name");
        } catch (NbdException e) {
            refuse(option, Nbd.REP_ERR_INVALID, String.valueOf(e.getMessage()));
            return;
        }
        int requests = data.remaining() < 2 ? -1 : Short.toUnsignedInt(data.getShort());
        if (requests < 0 || data.remaining() != 2 * requests) {
            refuse(option, Nbd.REP_ERR_INVALID, "the number of information requests is not that of those that follow");
            return;
        }
        Optional<NbdExport> found = exports.find(name);
        if (found.isEmpty()) {
            refuse(option, Nbd.REP_ERR_UNKNOWN, "there is no export \"%s\"".formatted(name));
            return;
        }
        NbdExport export = found.get();
        ExportInfo info = describe(export);
        reply(option, Nbd.REP_INFO, info.export());
        reply(option, Nbd.REP_INFO, info.blockSize());
        for (int i = 0; i < requests; i++) {
            switch (Short.toUnsignedInt(data.getShort())) {
                case Nbd.INFO_NAME -> reply(option, Nbd.REP_INFO, text(Nbd.INFO_NAME, export.name()));
                case Nbd.INFO_DESCRIPTION ->
                    reply(option, Nbd.REP_INFO, text(Nbd.INFO_DESCRIPTION, export.description()));
                default -> {
                    // Told already, or not known.
                }
            }
        }
        reply(option, Nbd.REP_ACK);
        if (option.code() == Nbd.OPT_GO) {
            chosen = export;
        }
    }

    private static ByteBuffer text(int type, String text) {
        byte[] bytes = Text.bytes(text);
        return ByteBuffer.allocate(2 + bytes.length)
                .putShort((short) type)
                .put(bytes)
                .flip();
    }

    private void structuredReply(Option option) throws IOException {
        if (option.data().hasRemaining()) {
            refuse(option, Nbd.REP_ERR_INVALID, "this option has no data");
            return;
        }
        structured = true;
        reply(option, Nbd.REP_ACK);
    }

    private void metaContexts(Option option) throws IOException {
        boolean choosing = option.code() == Nbd.OPT_SET_META_CONTEXT;
        if (choosing) {
            contextsOf = null;
            allocation = false;
        }
        MetaContexts asked;
        try {
            asked = MetaContexts.decode(option.data());
        } catch (NbdException e) {
            refuse(option, Nbd.REP_ERR_INVALID, String.valueOf(e.getMessage()));
            return;
        }
        if (!structured) {
            refuse(option, Nbd.REP_ERR_INVALID, "ask for structured replies first");
            return;
        }
        Optional<NbdExport> export = exports.find(asked.export());
        if (export.isEmpty()) {
            refuse(option, Nbd.REP_ERR_UNKNOWN, "there is no export \"%s\"".formatted(asked.export()));
            return;
        }
        List<String> queries = asked.queries();
        boolean all = !choosing && (queries.isEmpty() || queries.contains("base:"));
        if (all || queries.contains(Nbd.BASE_ALLOCATION)) {
            byte[] name = Text.bytes(Nbd.BASE_ALLOCATION);
            // In a list the number means nothing.
            ByteBuffer context = ByteBuffer.allocate(4 + name.length)
                    .putInt(choosing ? ALLOCATION_ID : 0)
                    .put(name);
            reply(option, Nbd.REP_META_CONTEXT, context.flip());
            allocation |= choosing;
        }
        if (choosing) {
            contextsOf = export.get();
        }
        reply(option, Nbd.REP_ACK);
    }
}
