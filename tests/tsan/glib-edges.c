/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Linked into a build with ThreadSanitizer alone, in the place of what the service calls of GLib to
 * hand something from one thread to another (-Wl,--wrap). GLib is not instrumented: what it does
 * itself is not looked at (ignore_noninstrumented_modules=1), and that its locks order anything
 * cannot be seen. Here that is told: nothing is suppressed. Of queues and pools it is a little more
 * than they really order: what is taken out comes after all that was put in by then.
 */

#include <glib-object.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>

const char *__tsan_default_options (void);
void __real_g_mutex_lock (GMutex *mutex);
void __wrap_g_mutex_lock (GMutex *mutex);
void __real_g_mutex_unlock (GMutex *mutex);
void __wrap_g_mutex_unlock (GMutex *mutex);
void __real_g_cond_wait (GCond *cond, GMutex *mutex);
void __wrap_g_cond_wait (GCond *cond, GMutex *mutex);
void __real_g_async_queue_push (GAsyncQueue *queue, gpointer data);
void __wrap_g_async_queue_push (GAsyncQueue *queue, gpointer data);
gpointer __real_g_async_queue_pop (GAsyncQueue *queue);
gpointer __wrap_g_async_queue_pop (GAsyncQueue *queue);
gpointer __real_g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout);
gpointer __wrap_g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout);
gpointer __real_g_async_queue_try_pop (GAsyncQueue *queue);
gpointer __wrap_g_async_queue_try_pop (GAsyncQueue *queue);
GThreadPool *__real_g_thread_pool_new (GFunc func, gpointer data, int most, gboolean exclusive,
                                       GError **error);
GThreadPool *__wrap_g_thread_pool_new (GFunc func, gpointer data, int most, gboolean exclusive,
                                       GError **error);
gboolean __real_g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error);
gboolean __wrap_g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error);
guint __real_g_idle_add_full (int priority, GSourceFunc func, gpointer data,
                              GDestroyNotify destroy);
guint __wrap_g_idle_add_full (int priority, GSourceFunc func, gpointer data,
                              GDestroyNotify destroy);
void __real_g_object_set_data_full (GObject *object, const char *key, gpointer data,
                                    GDestroyNotify destroy);
void __wrap_g_object_set_data_full (GObject *object, const char *key, gpointer data,
                                    GDestroyNotify destroy);
gpointer __real_g_object_get_data (GObject *object, const char *key);
gpointer __wrap_g_object_get_data (GObject *object, const char *key);
int __clone (int (*func) (void *), void *stack, int flags, void *data, ...);
int __wrap_clone (int (*func) (void *), void *stack, int flags, void *data);
gboolean __real_g_atomic_ref_count_dec (gatomicrefcount *count);
gboolean __wrap_g_atomic_ref_count_dec (gatomicrefcount *count);
void __wrap_g_free (gpointer data);

const char *
__tsan_default_options (void)
{
  return "ignore_noninstrumented_modules=1";
}

void
__wrap_g_mutex_lock (GMutex *mutex)
{
  __real_g_mutex_lock (mutex);
  __tsan_acquire (mutex);
}

void
__wrap_g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  __real_g_mutex_unlock (mutex);
}

void
__wrap_g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  __real_g_cond_wait (cond, mutex);
  __tsan_acquire (mutex);
}

void
__wrap_g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  __real_g_async_queue_push (queue, data);
}

gpointer
__wrap_g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data = __real_g_async_queue_pop (queue);

  __tsan_acquire (queue);
  return data;
}

gpointer
__wrap_g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout)
{
  gpointer data = __real_g_async_queue_timeout_pop (queue, timeout);

  __tsan_acquire (queue);
  return data;
}

gpointer
__wrap_g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data = __real_g_async_queue_try_pop (queue);

  __tsan_acquire (queue);
  return data;
}

/* A pool's functions, which begin with what was there when they were pushed. */
typedef struct {
  GFunc func;
  gpointer data;
  GThreadPool *pool;
} Pool;

static void
run_in_pool (gpointer data, gpointer user_data)
{
  Pool *pool = user_data;

  __tsan_acquire (pool->pool);
  pool->func (data, pool->data);
}

/* Pools live as long as the process. */
GThreadPool *
__wrap_g_thread_pool_new (GFunc func, gpointer data, int most, gboolean exclusive, GError **error)
{
  Pool *pool = g_new (Pool, 1);

  pool->func = func;
  pool->data = data;
  pool->pool = __real_g_thread_pool_new (run_in_pool, pool, most, exclusive, error);
  return pool->pool;
}

gboolean
__wrap_g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error)
{
  __tsan_release (pool);
  return __real_g_thread_pool_push (pool, data, error);
}

/* A function of the main loop's, which begins with what was there when it was added. */
typedef struct {
  GSourceFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Idle;

static gboolean
run_idle (gpointer data)
{
  Idle *idle = data;

  __tsan_acquire (idle);
  return idle->func (idle->data);
}

static void
idle_free (gpointer data)
{
  Idle *idle = data;

  __tsan_acquire (idle);
  if (idle->destroy != NULL)
    idle->destroy (idle->data);
  g_free (idle);
}

guint
__wrap_g_idle_add_full (int priority, GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  Idle *idle = g_new (Idle, 1);

  idle->func = func;
  idle->data = data;
  idle->destroy = destroy;
  __tsan_release (idle);
  return __real_g_idle_add_full (priority, run_idle, idle, idle_free);
}

void
__wrap_g_object_set_data_full (GObject *object, const char *key, gpointer data,
                               GDestroyNotify destroy)
{
  __tsan_release (object);
  __real_g_object_set_data_full (object, key, data, destroy);
}

gpointer
__wrap_g_object_get_data (GObject *object, const char *key)
{
  gpointer data = __real_g_object_get_data (object, key);

  __tsan_acquire (object);
  return data;
}

gboolean
__wrap_g_atomic_ref_count_dec (gatomicrefcount *count)
{
  gboolean last;

  __tsan_release (count);
  last = __real_g_atomic_ref_count_dec (count);
  if (last)
    __tsan_acquire (count);
  return last;
}

/* What the service frees itself is looked at, where GLib's own frees are not. */
void
__wrap_g_free (gpointer data)
{
  free (data);
}

/* The sanitizer takes each clone(2) for a fork(2). The service's child has its parent's memory, and
 * its parent waits for it, so to the sanitizer it is its parent. */
int
__wrap_clone (int (*func) (void *), void *stack, int flags, void *data)
{
  return __clone (func, stack, flags, data);
}
