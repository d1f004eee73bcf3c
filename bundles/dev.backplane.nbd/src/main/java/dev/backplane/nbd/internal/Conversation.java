package dev.backplane.nbd.internal;

import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.util.function.Consumer;

/** One client, from its connection to its end: first the negotiation, then requests. */
public final class Conversation {
    private static final System.Logger LOGGER = System.getLogger(Conversation.class.getName());

    private final Transport transport;
    private final Exports exports;
    private final NbdServerOptions options;
    private final Consumer<Conversation> whenEnded;
    private final long patienceEnds;
    private volatile boolean negotiated;

    /**
     * A client.
     *
     * @param transport to it; belongs to the conversation
     * @param exports what it may use
     * @param options how it is served
     * @param whenEnded told at the end, on a thread of the conversation
     */
    public Conversation(
            Transport transport, Exports exports, NbdServerOptions options, Consumer<Conversation> whenEnded) {
        this.transport = transport;
        this.exports = exports;
        this.options = options;
        this.whenEnded = whenEnded;
        patienceEnds = System.nanoTime() + options.patience().toNanos();
    }

    /** Starts the conversation's first thread. */
    public void start() {
        Thread.ofPlatform().daemon().name("nbd-client").start(this::run);
    }

    /** All of it, on the caller's thread and those that it starts; returns when all of them are done. */
    void run() {
        try {
            Negotiation negotiation = new Negotiation(transport, exports, options);
            if (negotiation.run()) {
                negotiated = true;
                new Transmission(negotiation).run();
            }
        } catch (NbdException wrong) {
            LOGGER.log(System.Logger.Level.INFO, "an NBD client is sent away: {0}", wrong.getMessage());
        } catch (IOException gone) {
            LOGGER.log(System.Logger.Level.DEBUG, "an NBD client is gone: {0}", gone.getMessage());
        } catch (RuntimeException | Error e) {
            LOGGER.log(System.Logger.Level.ERROR, "an NBD client is sent away because of an error here", e);
        } finally {
            transport.close();
            whenEnded.accept(this);
        }
    }

    /** Sends a client away that has not come to the point. Any thread. */
    public void endIfIdle() {
        if (!negotiated && System.nanoTime() - patienceEnds > 0) {
            transport.close();
        }
    }

    /** Sends the client away. Any thread. */
    public void abort() {
        transport.close();
    }
}
