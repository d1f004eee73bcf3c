package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Option;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageProtocol;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A disk in a file, which is the bay's. */
public final class FilePlatter implements StorageProtocol<FilePlatter.Options, Platter.State> {
    /** Its options. */
    public record Options(@Option("The file.") Path path) {}

    @Override
    public StorageLayer<Platter.State> open(Options options, StorageContext context) throws ConfigurationException {
        return new Layer(context.file(options.path(), true));
    }

    @Override
    public StorageLayer<Platter.State> restore(Options options, StorageContext context, Platter.State state)
            throws ConfigurationException {
        return open(options, context);
    }

    private record Layer(ImageFile file) implements StorageLayer<Platter.State>, Inert<Platter.State> {
        @Override
        public long capacityBytes() {
            return 4096;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            try {
                file.channel().read(target.asByteBuffer(), offset);
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, e.toString());
            }
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            try {
                file.channel().write(source.asByteBuffer(), offset);
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, e.toString());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void discard(long offset, long length) {}

        @Override
        public void zero(long offset, long length, boolean mayDiscard) {}

        @Override
        public Platter.State save() {
            return new Platter.State(1);
        }
    }
}
