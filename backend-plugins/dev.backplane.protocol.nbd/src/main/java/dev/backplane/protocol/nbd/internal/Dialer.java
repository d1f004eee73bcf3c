package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.MetaContexts;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Option;
import dev.backplane.nbd.wire.OptionReply;
import dev.backplane.nbd.wire.Patience;
import dev.backplane.nbd.wire.SocketTransport;
import dev.backplane.nbd.wire.Text;
import dev.backplane.nbd.wire.TlsFolder;
import dev.backplane.nbd.wire.TlsTransport;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;

/** Connects, and negotiates ("Fixed newstyle negotiation") until the export can be used. Immutable. */
final class Dialer {
    private static final int INBOX_BYTES = 64 << 10;
    private static final long LOOK_MILLIS = 200;
    /** More replies to one option no server has a reason for. */
    private static final int MOST_REPLIES = 1000;

    private final NbdOptions options;

    Dialer(NbdOptions options) {
        this.options = options;
    }

    /** Connects, without blocking longer than the patience lets it. */
    SocketChannel connect(Patience patience) throws IOException {
        SocketAddress address = address();
        SocketChannel channel = address instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
        try {
            if (address instanceof InetSocketAddress) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            }
            channel.configureBlocking(false);
            if (!channel.connect(address)) {
                await(channel, patience);
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void await(SocketChannel channel, Patience patience) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_CONNECT);
            while (!channel.finishConnect()) {
                patience.check();
                selector.select(key -> {}, LOOK_MILLIS);
            }
        }
    }

    private SocketAddress address() throws IOException {
        if (options.socket().isPresent()) {
            return UnixDomainSocketAddress.of(options.socket().get());
        }
        InetSocketAddress address = new InetSocketAddress(options.host().orElseThrow(), options.port());
        if (address.isUnresolved()) {
            throw new IOException("there is no such host");
        }
        return address;
    }

    /** The whole conversation before requests. The channel is closed where it fails. */
    Session negotiate(SocketChannel channel, Waiting waiting) throws IOException {
        SocketTransport socket = new SocketTransport(channel, waiting);
        try {
            return negotiate(waiting, socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private Session negotiate(Waiting waiting, SocketTransport socket) throws IOException {
        Transport transport = socket;
        Inbox inbox = new Inbox(transport, INBOX_BYTES);
        ByteBuffer greeting = inbox.take(18);
        long first = greeting.getLong();
        long second = greeting.getLong();
        int flags = Short.toUnsignedInt(greeting.getShort());
        if (first != Nbd.INIT_MAGIC || second != Nbd.OPTION_MAGIC || (flags & Nbd.FLAG_FIXED_NEWSTYLE) == 0) {
            throw new NbdException("it does not greet as an NBD server with the fixed newstyle negotiation does");
        }
        ByteBuffer answer = ByteBuffer.allocate(4);
        transport.write(answer.putInt(Nbd.FLAG_FIXED_NEWSTYLE | flags & Nbd.FLAG_NO_ZEROES)
                .flip());
        if (options.tls().isPresent()) {
            must(ask(transport, inbox, Nbd.OPT_STARTTLS, ByteBuffer.allocate(0)), "TLS");
            if (inbox.buffered() > 0) {
                // Somebody in between could have put them there.
                throw new NbdException("it says something between its consent to TLS and the handshake");
            }
            transport = secure(socket, options.tls().get());
            inbox = new Inbox(transport, INBOX_BYTES);
        }
        boolean structured = !ask(transport, inbox, Nbd.OPT_STRUCTURED_REPLY, ByteBuffer.allocate(0))
                .isRefusal();
        long allocation = structured ? allocation(transport, inbox) : Terms.NONE;
        ExportInfo info = go(transport, inbox);
        return new Session(waiting, socket, transport, inbox, new Terms(info, structured, allocation));
    }

    private TlsTransport secure(SocketTransport socket, NbdTlsOptions tls) throws IOException {
        String name = tls.name().or(options::host).orElse("localhost");
        return TlsTransport.handshake(socket, TlsFolder.ofClient(tls.folder()).clientEngine(name, options.port()));
    }

    private String export() {
        return options.export().orElse("");
    }

    private static OptionReply ask(Transport transport, Inbox inbox, int option, ByteBuffer data) throws IOException {
        new Option(option, data).send(transport);
        OptionReply reply = OptionReply.receive(inbox, option);
        if (!reply.isRefusal() && reply.type() != Nbd.REP_ACK) {
            throw new NbdException("option %d is answered with %d: expected yes or no".formatted(option, reply.type()));
        }
        return reply;
    }

    private static void must(OptionReply reply, String what) throws NbdException {
        if (reply.isRefusal()) {
            throw new NbdException("it refuses " + what + ": " + reply.reason());
        }
    }

    private long allocation(Transport transport, Inbox inbox) throws IOException {
        int option = Nbd.OPT_SET_META_CONTEXT;
        new Option(option, new MetaContexts(export(), List.of(Nbd.BASE_ALLOCATION)).encode()).send(transport);
        long number = Terms.NONE;
        for (int i = 0; i < MOST_REPLIES; i++) {
            OptionReply reply = OptionReply.receive(inbox, option);
            if (reply.isRefusal() || reply.type() == Nbd.REP_ACK) {
                return reply.isRefusal() ? Terms.NONE : number;
            }
            ByteBuffer data = reply.data();
            if (reply.type() != Nbd.REP_META_CONTEXT || data.remaining() < 4) {
                throw new NbdException("metadata contexts are answered with %d".formatted(reply.type()));
            }
            long id = Integer.toUnsignedLong(data.getInt());
            if (Text.get(data, data.remaining(), "a context").equals(Nbd.BASE_ALLOCATION)) {
                number = id;
            }
        }
        throw new NbdException("more than %d replies to one option".formatted(MOST_REPLIES));
    }

    private ExportInfo go(Transport transport, Inbox inbox) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(8 + Text.bytes(export()).length);
        Text.put(data, export());
        data.putShort((short) 1).putShort((short) Nbd.INFO_BLOCK_SIZE).flip();
        new Option(Nbd.OPT_GO, data).send(transport);
        ExportInfo info = ExportInfo.UNKNOWN;
        for (int i = 0; i < MOST_REPLIES; i++) {
            OptionReply reply = OptionReply.receive(inbox, Nbd.OPT_GO);
            must(reply, "export \"" + export() + "\"");
            if (reply.type() == Nbd.REP_ACK) {
                if (info.bytes() < 0) {
                    throw new NbdException("it does not say how long the export is");
                }
                return info;
            }
            if (reply.type() == Nbd.REP_INFO) {
                info = info.with(reply.data());
            }
        }
        throw new NbdException("more than %d replies to one option".formatted(MOST_REPLIES));
    }
}
