/* Epochs of FANN, and the ways in and out of it that benchmarks/fann_network.py calls. */

#include <doublefann.h>
#include <string.h>

struct fann *make(unsigned layers, const unsigned *sizes, float rate, int by_pattern)
{
    struct fann *network = fann_create_standard_array(layers, sizes);
    if (network == NULL)
        return NULL;
    fann_set_training_algorithm(network, by_pattern ? FANN_TRAIN_INCREMENTAL : FANN_TRAIN_BATCH);
    fann_set_learning_rate(network, rate);
    fann_set_learning_momentum(network, 0.0f);
    fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
    fann_set_activation_function_hidden(network, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(network, FANN_LINEAR);
    /* tanh(s x), s = 0.5 unless it is told otherwise. */
    fann_set_activation_steepness_hidden(network, 1.0);
    fann_set_activation_steepness_output(network, 1.0);
    return network;
}

struct fann_train_data *rows(unsigned count, unsigned ins, unsigned outs, const double *X, const double *Y)
{
    struct fann_train_data *data = fann_create_train(count, ins, outs);
    unsigned row;
    if (data == NULL)
        return NULL;
    for (row = 0; row < count; row++) {
        memcpy(data->input[row], X + (size_t)row * ins, ins * sizeof(double));
        memcpy(data->output[row], Y + (size_t)row * outs, outs * sizeof(double));
    }
    return data;
}

void put(struct fann *network, const double *weights)
{
    memcpy(network->weights, weights, network->total_connections * sizeof(double));
}

void get(struct fann *network, double *weights)
{
    memcpy(weights, network->weights, network->total_connections * sizeof(double));
}

unsigned connections(struct fann *network)
{
    return network->total_connections;
}

void epochs(struct fann *network, struct fann_train_data *data, unsigned count)
{
    while (count--)
        fann_train_epoch(network, data);
}
