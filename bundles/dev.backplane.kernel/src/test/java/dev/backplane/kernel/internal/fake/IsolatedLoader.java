package dev.backplane.kernel.internal.fake;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Loads a factory and the classes nested in it anew, as a plugin's own loader would. */
public final class IsolatedLoader extends ClassLoader {
    private final String prefix;

    /** For one class. */
    public IsolatedLoader(Class<?> isolated) {
        super(isolated.getClassLoader());
        prefix = isolated.getName();
    }

    /** An instance of that class, as this loader knows it. */
    public static Object newInstance(Class<?> isolated) {
        try {
            return new IsolatedLoader(isolated)
                    .loadClass(isolated.getName())
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.equals(prefix) && !name.startsWith(prefix + "$")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known != null ? known : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
