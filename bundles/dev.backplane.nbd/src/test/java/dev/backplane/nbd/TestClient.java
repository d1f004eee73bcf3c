package dev.backplane.nbd;

import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.MetaContexts;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Option;
import dev.backplane.nbd.wire.OptionReply;
import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Request;
import dev.backplane.nbd.wire.SocketTransport;
import dev.backplane.nbd.wire.Text;
import dev.backplane.nbd.wire.Transport;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToIntFunction;

/** A client that says what the test wants, also what it should not. */
final class TestClient implements Closeable {
    /** What came back. */
    record Answer(long cookie, int error, byte[] data) {}

    private Transport transport;
    private Inbox inbox;
    private ExportInfo info = ExportInfo.UNKNOWN;

    TestClient(SocketAddress server) throws IOException {
        transport = new SocketTransport(SocketChannel.open(server), () -> {});
        inbox = new Inbox(transport, 64 << 10);
    }

    /** Shakes hands, and uses the default export. */
    static TestClient using(SocketAddress server, boolean structured) throws IOException {
        TestClient client = new TestClient(server).hello();
        if (structured) {
            client.must(client.ask(Nbd.OPT_STRUCTURED_REPLY));
            client.must(
                    client.ask(Nbd.OPT_SET_META_CONTEXT, new MetaContexts("", List.of(Nbd.BASE_ALLOCATION)).encode()));
        }
        client.must(client.go(""));
        return client;
    }

    TestClient hello() throws IOException {
        ByteBuffer greeting = inbox.take(18);
        if (greeting.getLong() != Nbd.INIT_MAGIC || greeting.getLong() != Nbd.OPTION_MAGIC) {
            throw new AssertionError("no greeting");
        }
        greeting.getShort();
        return send(ByteBuffer.allocate(4).putInt(3));
    }

    TestClient send(ByteBuffer bytes) throws IOException {
        transport.write(bytes.flip());
        return this;
    }

    List<OptionReply> ask(int option) throws IOException {
        return ask(option, ByteBuffer.allocate(0));
    }

    List<OptionReply> ask(int option, ByteBuffer data) throws IOException {
        new Option(option, data).send(transport);
        List<OptionReply> replies = new ArrayList<>();
        OptionReply reply;
        do {
            reply = OptionReply.receive(inbox, option);
            replies.add(reply);
            if (reply.type() == Nbd.REP_INFO) {
                info = info.with(reply.data().duplicate());
            }
        } while (!reply.isRefusal() && reply.type() != Nbd.REP_ACK);
        return replies;
    }

    List<OptionReply> go(String name) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(8 + Text.bytes(name).length);
        Text.put(data, name);
        return ask(
                Nbd.OPT_GO,
                data.putShort((short) 1).putShort((short) Nbd.INFO_BLOCK_SIZE).flip());
    }

    void must(List<OptionReply> replies) {
        OptionReply last = replies.getLast();
        if (last.isRefusal()) {
            throw new AssertionError("refused: " + last.reason());
        }
    }

    ExportInfo info() {
        return info;
    }

    Inbox inbox() {
        return inbox;
    }

    void request(int type, int flags, long cookie, long offset, long length) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(Request.BYTES);
        new Request().set(type, flags, cookie, offset, length).put(head);
        send(head);
    }

    void write(long cookie, long offset, byte[] data) throws IOException {
        request(Nbd.CMD_WRITE, 0, cookie, offset, data.length);
        transport.write(ByteBuffer.wrap(data));
    }

    /** A whole reply; the length is that of the read, or 0. */
    Answer answer(int length) throws IOException {
        return answer(cookie -> length);
    }

    /** A whole reply of one of several reads, whose cookies are their indexes. */
    Answer answer(int[] lengths) throws IOException {
        return answer(cookie -> lengths[(int) cookie]);
    }

    private Answer answer(LongToIntFunction lengths) throws IOException {
        byte[] data = new byte[0];
        int filled = 0;
        Reply reply = new Reply();
        for (; ; ) {
            reply.get(inbox.take(Reply.bytes(inbox.take(Reply.SIMPLE_BYTES))));
            if (filled == 0) {
                data = new byte[lengths.applyAsInt(reply.cookie())];
            }
            if (!reply.isStructured()) {
                if (reply.error() == 0) {
                    inbox.fill(ByteBuffer.wrap(data));
                }
                return new Answer(reply.cookie(), reply.error(), data);
            }
            ByteBuffer body = ByteBuffer.allocate((int) reply.length());
            inbox.fill(body);
            body.flip();
            switch (reply.type()) {
                case Nbd.REPLY_TYPE_NONE -> {}
                case Nbd.REPLY_TYPE_OFFSET_DATA -> {
                    body.getLong();
                    int count = body.remaining();
                    body.get(data, filled, count);
                    filled += count;
                }
                case Nbd.REPLY_TYPE_BLOCK_STATUS -> {
                    body.getInt();
                    data = new byte[body.remaining()];
                    body.get(data);
                }
                default -> {
                    return new Answer(reply.cookie(), body.getInt(), data);
                }
            }
            if (reply.isDone()) {
                return new Answer(reply.cookie(), 0, data);
            }
        }
    }

    byte[] read(long offset, int length) throws IOException {
        request(Nbd.CMD_READ, 0, 77, offset, length);
        Answer answer = answer(length);
        if (answer.error != 0 || answer.cookie != 77) {
            throw new AssertionError("read: " + answer);
        }
        return answer.data;
    }

    boolean isEnded() throws IOException {
        try {
            return inbox.poll(1) == null;
        } catch (IOException reset) {
            return true;
        }
    }

    @Override
    public void close() {
        transport.close();
    }
}
